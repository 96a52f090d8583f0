// A language model that says what the test tells it: an HTTP server that speaks OpenAI Chat Completions and Anthropic Messages,
// streamed or whole, and fails in every way that providers do. The vocabulary of our tests:
//
//   model.calls("shell", {{"command", "date"}}).then_says("It is noon.");
//   model.fails(503).then_says("Better now.");
//   model.when("sha256").calls("shell", {{"command", "sha256sum notes.txt"}}).then_says("It is {tool}");
//
// Steps told to the model itself are used up, one a request, in order. Steps of a rule are never used up: the step is chosen by
// the conversation (how often the model spoke since the last thing the person said), so the choice survives a restart of
// whoever asks. Without a step left the model says "ok".
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value_ref.hpp>
#include <deque>
#include <limits>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "async/clock.h"
#include "async/condition.h"
#include "net/http_server.h"

namespace zo {

struct ScriptedCall {
  std::string name;
  boost::json::object arguments;
};

struct ScriptedStep {
  enum class Kind { Answer, Status, Silence, StreamError, Raw, LongLine };
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

  Kind kind = Kind::Answer;
  std::string text;  // {tool} stands for the last tool result; for Status and Raw the body, for StreamError the message
  std::vector<ScriptedCall> calls;
  int status = 200;
  std::vector<Header> headers;
  std::size_t line_bytes = 0;
  std::size_t times = kAll;  // in a rule: how often, then the step is passed over

  bool held = false;               // before the head, until release()
  std::int64_t delay_ms = 0;       // before the head
  std::size_t chunk_bytes = kAll;  // of text or arguments in one event
  std::int64_t chunk_ms = 0;       // before each event
  std::size_t cut_after = kAll;    // events, then the connection breaks
  std::optional<std::int64_t> prompt_tokens;  // told as usage; else a quarter of the request's bytes
  std::size_t hang_after = kAll;   // events, then nothing more comes; 0 is the head alone
};

// Steps in order. The second group of verbs changes the step told last.
class Script {
 public:
  Script& says(std::string text);
  Script& then_says(std::string text) { return says(std::move(text)); }
  Script& calls(std::string tool, boost::json::object arguments);
  Script& then_calls(std::string tool, boost::json::object arguments) { return calls(std::move(tool), std::move(arguments)); }
  Script& fails(int status, std::string body = "", std::vector<Header> headers = {});
  Script& hangs();                        // never answers
  Script& errs(std::string message);      // an error event in the middle of the stream
  Script& sends(std::string raw);         // exactly these bytes as the body
  Script& sends_line(std::size_t bytes);  // one line of that length
  Script& add(ScriptedStep step);

  Script& and_calls(std::string tool, boost::json::object arguments);  // another call in the same answer
  Script& in_chunks(std::size_t bytes);
  Script& held();                           // not before release()
  Script& times(std::size_t count);
  Script& cut_after(std::size_t events);    // of the stream, and then the connection breaks
  Script& hangs_after(std::size_t events);  // and then nothing more comes

 protected:
  friend class ScriptedModel;
  std::deque<ScriptedStep> steps_;
};

class ScriptedModel : public Script {
 public:
  // Listens on 127.0.0.1 at once; port 0 lets the system choose. Throws when it cannot. The clock is for the pauses of scripts in JSON,
  // and the server's own limits.
  ScriptedModel(const Executor& executor, Clock& clock, int port = 0);
  // Await before the end: it closes all connections.
  Task<void> stop();

  // "http://127.0.0.1:40123", to which "/v1" belongs for OpenAI's clients.
  std::string url() const;

  // What to do whenever the person's last text contains `text`. Rules come before the steps told to the model itself.
  Script& when(std::string text);
  // What to do when the person speaks for the n-th time in a conversation, for rules in the order they are made.
  Script& next_turn();
  // Rules from JSON: [{"when":"sha256","steps":[{"call":{"name":"shell","arguments":{…}}},{"say":"It is {tool}"}]}, …]. A rule
  // without "when" belongs to the next turn. A step has one of say, call, calls, fail {status, body, headers}, hang, error, raw,
  // line_bytes, and may have times, delay_ms, chunk_bytes, chunks_ms, cut_after, hang_after, prompt_tokens; a rule's chunk_bytes and chunks_ms
  // hold for its steps.
  Result<> load(std::string_view json);
  // Every request is answered with this text, as fast as we can; nothing is recorded.
  void always_says(std::string text) { instant_ = std::move(text); }

  // Steps that are held go on, and none is held any more.
  void release();

  struct Seen {
    std::string path;
    std::vector<Header> headers;
    boost::json::value body;
    std::string_view header(std::string_view name) const;
  };
  // The requests for an answer, in order of arrival.
  const std::vector<Seen>& seen() const { return seen_; }

 private:
  struct Rule {
    std::string when;
    std::size_t turn = 0;  // 0: decided by `when`
    Script script;
  };
  struct Conversation;

  Task<void> handle(HttpRequest request, HttpResponder& responder);
  Task<void> answer(HttpRequest request, HttpResponder& responder);
  Task<void> answer_instantly(HttpRequest request, HttpResponder& responder);
  Task<void> perform(ScriptedStep step, Conversation conversation, HttpResponder& responder);
  ScriptedStep choose(const Conversation& conversation);

  std::list<Rule> rules_;
  std::string instant_;
  std::map<std::string, std::string, std::less<>> instant_bodies_;
  std::vector<Seen> seen_;
  std::int64_t answers_ = 0;
  Clock& clock_;
  bool released_ = false;
  Condition release_;
  HttpServer server_;
};

}  // namespace zo
