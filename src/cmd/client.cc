#include "cmd/client.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/json.hpp>

#include "api/wire/run_event.h"
#include "async/clock.h"
#include "base/text.h"
#include "net/sse_reader.h"

namespace zo {
namespace {

constexpr std::int64_t kCallMs = 120'000;        // for an answer to begin: a model under test may have to be loaded
constexpr std::int64_t kEventsIdleMs = 60'000;   // the server sends a comment every 15 s
constexpr int kReconnects = 15;                  // in a row without a new event; about a minute
constexpr std::int64_t kReconnectMs = 200;       // doubled each time, up to
constexpr std::int64_t kReconnectMsMax = 5'000;
constexpr int kListPages = 50;
constexpr std::size_t kSecretChance = 16;

// What the server said against it, in our words: {"error":{"code","message","try"}}.
Error api_error(int status, const std::string& body, const std::string& server) {
  if (status == 401) {
    return {Code::Denied, server + " does not accept this token", "--token TOKEN or ZO_TOKEN; zo token create makes one"};
  }
  const Result<Json> json = parse_json(body, "the answer");
  const Json* error = json ? find(*json, "error") : nullptr;
  if (error == nullptr) return {Code::Internal, fmt::format("{} answered {} and nothing that ZoClone says", server, status), ""};
  return {code_from_name(string_at(*error, "code").value_or("")),
          std::string(string_at(*error, "message").value_or(fmt::format("{} answered {}", server, status))),
          text_at(*error, "try")};
}

bool is_connection_trouble(const Error& error) { return error.code == Code::Unavailable || error.code == Code::Timeout; }

}  // namespace

std::string base_url(std::string_view typed) {
  typed = trim(typed);
  while (typed.ends_with('/')) typed.remove_suffix(1);
  if (typed.empty() || typed.find("://") != typed.npos) return std::string(typed);
  return "http://" + std::string(typed);
}

std::string with_query(std::string path, const std::vector<std::pair<std::string, std::string>>& parameters) {
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    path += separator + name + "=" + percent_encode(value);
    separator = '&';
  }
  return path;
}

ApiClient::ApiClient(const Executor& executor, const ServerChoice& choice, const Home& home)
    : url_(base_url(choice.url)),
      token_(choice.token),
      socket_(home.socket()),
      name_(url_.empty() ? "ZoClone on " + home.folder : url_),
      http_(executor, nullptr) {}

namespace {

// Connected, or not open: when nothing listens.
Fd connect_to(const Home& home) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = home.socket();
  if (path.size() >= sizeof address.sun_path) return Fd();
  path.copy(address.sun_path, path.size());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? std::move(fd) : Fd();
}

}  // namespace

bool ApiClient::home_is_served(const Home& home) { return connect_to(home).is_open(); }

std::optional<pid_t> ApiClient::server_of(const Home& home) {
  const Fd fd = connect_to(home);
  if (!fd.is_open()) return std::nullopt;
  ucred server{};
  socklen_t size = sizeof server;
  return ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &server, &size) == 0 ? server.pid : 0;
}

HttpAsk ApiClient::ask(std::string method, const std::string& path) const {
  HttpAsk ask;
  ask.method = std::move(method);
  ask.url = (url_.empty() ? "http://zo" : url_) + path;
  if (url_.empty()) ask.unix_socket = socket_;
  if (!token_.empty()) ask.headers.push_back({"Authorization", "Bearer " + token_});
  ask.first_byte_ms = kCallMs;
  return ask;
}

Error ApiClient::unreachable(const Error& error) const {
  if (url_.empty()) return {Code::Unavailable, "cannot reach " + name_ + ": " + error.message, "zo serve, or zo doctor"};
  return {Code::Unavailable, error.message, "is ZoClone running at " + name_ + "? Without --url and ZO_URL the one on this machine is asked"};
}

Task<Result<>> ApiClient::health() {
  const Result<Json> answer = co_await get("/api/health");
  if (!answer) co_return std::unexpected(answer.error());
  if (string_at(*answer, "status") != "ok") co_return fail(Code::Unavailable, name_ + " says that it is not well", "zo doctor");
  co_return Result<>{};
}

Task<Result<Json>> ApiClient::call(HttpAsk ask) {
  Result<HttpAnswer> answer = co_await http_.send(std::move(ask));
  if (!answer) co_return is_connection_trouble(answer.error()) ? std::unexpected(unreachable(answer.error())) : std::unexpected(answer.error());
  Result<std::string> body = co_await answer->rest();
  if (!body) co_return std::unexpected(is_connection_trouble(body.error()) ? unreachable(body.error()) : body.error());
  if (answer->status >= 400) co_return std::unexpected(api_error(answer->status, *body, name_));
  if (answer->status == 204 || body->empty()) co_return Json(nullptr);
  co_return parse_json(*body, "the answer of " + name_);
}

Task<Result<Json>> ApiClient::get(std::string path) {
  HttpAsk asked = ask("GET", path);
  co_return co_await call(std::move(asked));
}

Task<Result<Json>> ApiClient::call_json(std::string method, std::string path, JsonObject body) {
  HttpAsk asked = ask(std::move(method), path);
  asked.headers.push_back({"Content-Type", "application/json"});
  asked.headers.push_back({"Idempotency-Key", dice_.secret(kSecretChance)});
  asked.body = to_text(body);
  co_return co_await call(std::move(asked));
}

Task<Result<Json>> ApiClient::post(std::string path, JsonObject body) {
  return call_json("POST", std::move(path), std::move(body));
}
Task<Result<Json>> ApiClient::put(std::string path, JsonObject body) {
  return call_json("PUT", std::move(path), std::move(body));
}
Task<Result<Json>> ApiClient::patch(std::string path, JsonObject body) {
  return call_json("PATCH", std::move(path), std::move(body));
}

Task<Result<Json>> ApiClient::remove(std::string path) {
  HttpAsk asked = ask("DELETE", path);
  asked.headers.push_back({"Idempotency-Key", dice_.secret(kSecretChance)});
  co_return co_await call(std::move(asked));
}

Task<Result<Json>> ApiClient::upload(std::string path, std::string bytes) {
  HttpAsk asked = ask("PUT", path);
  asked.headers.push_back({"Content-Type", "application/octet-stream"});
  asked.headers.push_back({"Idempotency-Key", dice_.secret(kSecretChance)});
  asked.body = std::move(bytes);
  co_return co_await call(std::move(asked));
}

Task<Result<JsonArray>> ApiClient::list(std::string path, std::vector<std::pair<std::string, std::string>> parameters) {
  JsonArray all;
  std::string after;
  for (int page = 0; page < kListPages; ++page) {
    parameters.emplace_back("after", after);
    const std::string target = with_query(path, parameters);
    parameters.pop_back();
    ZO_CO_TRY(const Json answer, co_await get(target));
    if (const JsonArray* items = array_at(answer, "items")) all.insert(all.end(), items->begin(), items->end());
    after = string_at(answer, "next").value_or("");
    if (after.empty()) break;
  }
  co_return all;
}

Task<Result<std::string>> ApiClient::follow(std::string run_id, std::int64_t after, EventReader reader) {
  RealClock clock;
  Cursor cursor{after, {}};
  std::int64_t wait_ms = kReconnectMs;
  for (int cuts = 0; cuts < kReconnects; ++cuts) {
    const std::int64_t before = cursor.after;
    const std::string path = with_query("/api/runs/" + run_id + "/events", {{"after", std::to_string(before)}});
    const Result<Reading> reading = co_await read_events(path, cursor, reader);
    if (!reading) co_return std::unexpected(reading.error());
    if (*reading == Reading::Left) co_return std::string();
    if (*reading == Reading::Ended) co_return cursor.reason;
    if (cursor.after > before) {
      cuts = 0;
      wait_ms = kReconnectMs;
    }
    co_await clock.sleep_for(wait_ms);
    wait_ms = std::min(wait_ms * 2, kReconnectMsMax);
  }
  co_return fail(Code::Unavailable, "lost the connection to " + name_ + "; the run " + run_id + " is not stopped by that",
                 "zo runs show " + run_id);
}

// One connection's worth of events. Trouble of the connection, and a server that asks to come again, is Cut.
Task<Result<ApiClient::Reading>> ApiClient::read_events(const std::string& path, Cursor& cursor, const EventReader& reader) {
  HttpAsk asked = ask("GET", path);
  asked.headers.push_back({"Accept", "text/event-stream"});
  asked.idle_ms = kEventsIdleMs;
  Result<HttpAnswer> answer = co_await http_.send(std::move(asked));
  if (!answer) co_return is_connection_trouble(answer.error()) ? Result<Reading>(Reading::Cut) : std::unexpected(answer.error());
  if (answer->status == 429 || answer->status >= 502) co_return Reading::Cut;
  if (answer->status >= 400) {
    const Result<std::string> body = co_await answer->rest();
    co_return std::unexpected(api_error(answer->status, body.value_or(""), name_));
  }
  SseReader stream(*answer);
  for (;;) {
    const Result<std::span<const SseEvent>> events = co_await stream.next();
    if (!events && events.error().code == Code::Exhausted) co_return std::unexpected(events.error());
    if (!events || events->empty()) co_return Reading::Cut;
    for (const SseEvent& event : *events) {
      ZO_CO_TRY(const Json data, parse_json(event.data, "an event of " + name_));
      cursor.after = std::max(cursor.after, integer_at(data, "number").value_or(0));
      if (event.kind == "end") {
        cursor.reason = string_at(data, "reason").value_or("");
        co_return cursor.reason == "server_stopping" ? Reading::Cut : Reading::Ended;
      }
      const std::optional<FeedEvent<RunEvent>> told = event_from_json(event.kind, data);
      if (told && !reader(*told)) co_return Reading::Left;
    }
  }
}

}  // namespace zo
