// The command line's side of the HTTP API: finds the server, speaks JSON, follows a run's events across cuts.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/event.h"
#include "base/dice.h"
#include "base/json.h"
#include "computer/home.h"
#include "net/http_client.h"

namespace zo {

// --url and --token, or ZO_URL and ZO_TOKEN. Without a URL the server of this home is meant, by its unix socket.
struct ServerChoice {
  std::string url;
  std::string token;
};

// "http://host:8787": a scheme added where it is missing, no slash at the end.
std::string base_url(std::string_view typed);
// "/api/runs" and {{"state", "done"}, {"after", ""}} become "/api/runs?state=done": empty values are left out.
std::string with_query(std::string path, const std::vector<std::pair<std::string, std::string>>& parameters);

// Sees each event of a run. False: the reader wants no more.
using EventReader = std::function<bool(const FeedEvent<RunEvent>& event)>;

class ApiClient {
 public:
  ApiClient(const Executor& executor, const ServerChoice& choice, const Home& home);

  // True when something listens on the socket of this home. Never waits.
  static bool home_is_served(const Home& home);
  // The process that listens there, as the kernel knows it: 0 or less where it is not to be seen from here. Nothing when none does.
  static std::optional<pid_t> server_of(const Home& home);
  // Resumes when GET /api/health says ok, or with the reason why it does not.
  Task<Result<>> health();

  // Errors of the API arrive as they are; a server that does not answer is Unavailable (exit code 3). 204 reads as null.
  Task<Result<Json>> get(std::string path);
  Task<Result<Json>> post(std::string path, JsonObject body);
  Task<Result<Json>> put(std::string path, JsonObject body);
  Task<Result<Json>> patch(std::string path, JsonObject body);
  Task<Result<Json>> remove(std::string path);
  // PUT of plain bytes.
  Task<Result<Json>> upload(std::string path, std::string bytes);
  // All pages of a list, at most kListPages of them.
  Task<Result<JsonArray>> list(std::string path, std::vector<std::pair<std::string, std::string>> parameters);

  // The events of a run after number `after`, up to its end event, whose reason is returned ("" when the reader left). A
  // connection that is cut, or a server that restarts, is waited for and resumed after the last number seen.
  Task<Result<std::string>> follow(std::string run_id, std::int64_t after, EventReader reader);

  bool is_on_this_machine() const { return url_.empty(); }
  // For messages: "ZoClone on /root/.zo", "http://host:8787".
  const std::string& name() const { return name_; }

 private:
  enum class Reading { Ended, Left, Cut };
  struct Cursor {
    std::int64_t after = 0;
    std::string reason;
  };

  HttpAsk ask(std::string method, const std::string& path) const;
  Task<Result<Json>> call(HttpAsk ask);
  Task<Result<Json>> call_json(std::string method, std::string path, JsonObject body);
  Error unreachable(const Error& error) const;
  Task<Result<Reading>> read_events(const std::string& path, Cursor& cursor, const EventReader& reader);

  std::string url_;  // empty: the unix socket
  std::string token_;
  std::string socket_;
  std::string name_;
  SystemDice dice_;
  HttpClient http_;
};

}  // namespace zo
