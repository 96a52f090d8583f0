#include "testing/scripted_model.h"

#include <boost/json.hpp>
#include <stdexcept>

#include "base/json.h"
#include "base/text.h"
#include "testing/admit_all.h"
#include "testing/scripted_model_wire.h"

namespace zo {
namespace {

// Ends a handler so that the server cuts the connection, as a provider that dies does.
struct DiesHere : std::runtime_error {
  DiesHere() : std::runtime_error("the script cuts the connection here") {}
};

std::string fill_in(std::string text, std::string_view tool) {
  static constexpr std::string_view kPlace = "{tool}";
  for (std::size_t at = text.find(kPlace); at != text.npos; at = text.find(kPlace, at + tool.size()))
    text.replace(at, kPlace.size(), tool);
  return text;
}

}  // namespace

struct ScriptedModel::Conversation {
  ScriptedDialect dialect = ScriptedDialect::Chat;
  bool stream = false;
  std::int64_t number = 0;
  std::string model;
  std::int64_t prompt_tokens = 0;
  ScriptedQuestion question;
};

ScriptedModel::ScriptedModel(const Executor& executor, Clock& clock, int port)
    : clock_(clock), release_(executor), server_(executor, clock, admit_all(std::bind_front(&ScriptedModel::handle, this), 64 * limits::MiB)) {
  const Result<> listening = server_.listen_tcp("127.0.0.1:" + std::to_string(port));
  if (!listening) throw std::runtime_error(listening.error().message);
}

Task<void> ScriptedModel::stop() { return server_.stop(); }

std::string ScriptedModel::url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

void ScriptedModel::release() {
  released_ = true;
  release_.notify_all();
}

Script& ScriptedModel::when(std::string text) { return rules_.emplace_back(Rule{std::move(text), 0, {}}).script; }

Script& ScriptedModel::next_turn() {
  const auto turns = std::ranges::count_if(rules_, [](const Rule& rule) { return rule.turn > 0; });
  return rules_.emplace_back(Rule{"", static_cast<std::size_t>(turns) + 1, {}}).script;
}

std::string_view ScriptedModel::Seen::header(std::string_view name) const {
  for (const Header& header : headers)
    if (equals_ignoring_case(header.name, name)) return header.value;
  return {};
}

Task<void> ScriptedModel::handle(HttpRequest request, HttpResponder& responder) {
  const bool asks = request.path.ends_with("/chat/completions") || request.path.ends_with("/messages");
  if (request.method == "POST" && asks) {
    Task<void> answering =
        instant_.empty() ? answer(std::move(request), responder) : answer_instantly(std::move(request), responder);
    co_await std::move(answering);
  } else if (request.path.ends_with("/models")) {
    static const std::string models = R"({"object":"list","has_more":false,"data":[{"id":"scripted","object":"model",)"
                                      R"("type":"model","display_name":"Scripted","owned_by":"test"}]})";
    co_await responder.reply({200, {{"Content-Type", "application/json"}}, models});
  } else {
    co_await responder.reply({404, {}, "the scripted model has no " + request.path});
  }
}

Task<void> ScriptedModel::answer(HttpRequest request, HttpResponder& responder) {
  Result<Json> body = parse_json(request.body, "the request", 64 * limits::MiB);
  if (!body) {
    co_await responder.reply({400, {}, body.error().message});
    co_return;
  }
  Conversation conversation{
      .dialect = request.path.ends_with("/messages") ? ScriptedDialect::Messages : ScriptedDialect::Chat,
      .stream = bool_at(*body, "stream").value_or(false),
      .number = ++answers_,
      .model = std::string(string_at(*body, "model").value_or("scripted")),
      .prompt_tokens = static_cast<std::int64_t>(request.body.size() / 4),
      .question = read_question(*body)};
  seen_.push_back({request.path, std::move(request.headers), std::move(*body)});
  ScriptedStep step = choose(conversation);
  co_await perform(std::move(step), std::move(conversation), responder);
}

ScriptedStep ScriptedModel::choose(const Conversation& conversation) {
  const ScriptedQuestion& question = conversation.question;
  for (Rule& rule : rules_) {
    const bool applies =
        rule.turn > 0 ? rule.turn == question.person_turns : question.person_text.find(rule.when) != std::string::npos;
    if (!applies) continue;
    std::size_t before = question.model_turns;
    ScriptedStep* chosen = nullptr;
    for (ScriptedStep& step : rule.script.steps_) {
      if (step.times == 0) continue;
      chosen = &step;
      if (before-- == 0) break;
    }
    if (chosen == nullptr) continue;
    if (chosen->times != ScriptedStep::kAll) --chosen->times;
    return *chosen;
  }
  if (steps_.empty()) return ScriptedStep{.text = "ok"};
  ScriptedStep step = std::move(steps_.front());
  steps_.pop_front();
  return step;
}

Task<void> ScriptedModel::perform(ScriptedStep step, Conversation conversation, HttpResponder& responder) {
  using Kind = ScriptedStep::Kind;
  while (step.held && !released_) co_await release_.wait();
  if (step.delay_ms > 0) co_await clock_.sleep_for(step.delay_ms);
  if (step.kind == Kind::Silence) {
    co_await responder.client_gone();
    co_return;
  }
  std::vector<Header> headers = std::move(step.headers);
  if (step.kind == Kind::Status) {
    if (step.text.empty()) step.text = scripted_error_body(conversation.dialect, step.status, "the script says so");
    headers.push_back({"Content-Type", "application/json"});
    co_await responder.reply({step.status, std::move(headers), std::move(step.text)});
    co_return;
  }
  ScriptedAnswer answer{conversation.dialect, conversation.model, conversation.number, step.prompt_tokens.value_or(conversation.prompt_tokens),
                        fill_in(step.text, trim(conversation.question.tool_text)), step.calls, step.chunk_bytes};
  std::vector<std::string> events;
  if (step.kind == Kind::Answer && conversation.stream) events = scripted_events(answer);
  else if (step.kind == Kind::Answer) events = {scripted_body(answer)};
  else if (step.kind == Kind::Raw) events = {step.text};
  else if (step.kind == Kind::StreamError) events = {scripted_error_event(conversation.dialect, step.text)};
  else events = {"data: " + std::string(step.line_bytes, 'x') + "\n\n"};

  headers.push_back({"Content-Type", conversation.stream ? "text/event-stream" : "application/json"});
  bool reading = co_await responder.begin_stream(200, std::move(headers));
  for (std::size_t i = 0; reading && i < events.size(); ++i) {
    if (i == step.cut_after) throw DiesHere();
    if (i == step.hang_after) co_await responder.client_gone();
    if (step.chunk_ms > 0) co_await clock_.sleep_for(step.chunk_ms);
    reading = co_await responder.write(std::move(events[i]));
  }
}

Task<void> ScriptedModel::answer_instantly(HttpRequest request, HttpResponder& responder) {
  const bool stream = request.body.find("\"stream\":true") != std::string::npos;
  const bool messages = request.path.ends_with("/messages");
  std::string& body = instant_bodies_[std::string(messages ? "messages" : "chat") + (stream ? " stream" : "")];
  if (body.empty()) {
    const ScriptedAnswer answer{.dialect = messages ? ScriptedDialect::Messages : ScriptedDialect::Chat,
                                .model = "instant", .number = 1, .prompt_tokens = 10, .text = instant_, .calls = {}};
    if (!stream) body = scripted_body(answer);
    else for (const std::string& event : scripted_events(answer)) body += event;
  }
  co_await responder.reply({200, {{"Content-Type", stream ? "text/event-stream" : "application/json"}}, body});
}

}  // namespace zo
