// `zo job` and `zo queue`: what waits and why, what runs, what became of the rest. Jobs live in a server, so that is what is spoken to.
#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/start.h"
#include "cmd/table.h"
#include "limit/limits.h"
#include "queue/job.h"

namespace zo {
namespace {

constexpr std::int64_t kListed = 50;
constexpr std::int64_t kListedMost = 10'000;

std::string path_of(std::string_view id, std::string_view what = "") { return "/api/jobs/" + percent_encode(id) + std::string(what); }

std::string shown_time(const Json& value, std::string_view name, const Terminal& terminal) {
  const std::string at = text_at(value, name);
  return terminal.output && !at.empty() ? local_time(at) : at;
}

std::string number_at(const Json& value, std::string_view name) {
  const auto number = integer_at(value, name);
  return number ? std::to_string(*number) : "";
}

// Page by page, until there are as many as wanted.
Task<Result<JsonArray>> listed(ApiClient& client, const JobOptions& options) {
  JsonArray all;
  const std::int64_t most = options.limit > 0 ? options.limit : kListed;
  std::string after;
  do {
    const std::int64_t now = std::min<std::int64_t>(most - static_cast<std::int64_t>(all.size()), static_cast<std::int64_t>(limits::kPageItems));
    ZO_CO_TRY(const Json page, co_await client.get(with_query("/api/jobs", {{"queue", options.queue}, {"job_state", options.state}, {"after", after}, {"limit", std::to_string(now)}})));
    if (const JsonArray* items = array_at(page, "items"))
      for (const Json& item : *items) all.push_back(item);
    after = text_at(page, "next");
  } while (!after.empty() && static_cast<std::int64_t>(all.size()) < most);
  co_return all;
}

Task<Result<int>> list(const JobOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  if (options.limit < 0 || options.limit > kListedMost) co_return fail(Code::Invalid, fmt::format("--limit {} is outside of 1 to {}", options.limit, kListedMost));
  if (!options.state.empty() && !job_state_from_name(options.state))
    co_return fail(Code::Invalid, "there is no state '" + one_line(options.state, 40) + "'", "--state blocked, scheduled, ready, running, succeeded, failed, dead or cancelled");
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const JsonArray jobs, co_await listed(*client, options));
  Table table{{"ID", "QUEUE", "STATE", "ADDED", "TRIES", "HOW IT GOES"}, {}, 4};
  for (const Json& job : jobs) {
    if (options.json) write_output(to_text(job) + "\n");
    const Json* error = find(job, "error");
    std::string how = error != nullptr ? text_at(*error, "message") : text_at(job, "note");
    if (how.empty() && !text_at(job, "waits_for").empty()) how = "waits for " + text_at(job, "waits_for");
    table.rows.push_back({text_at(job, "id"), text_at(job, "queue"), text_at(job, "state"), shown_time(job, "created_at", terminal), number_at(job, "attempt"), how});
  }
  if (!options.json) show_output(to_text(table, terminal, "no jobs yet"));
  co_return 0;
}

Task<Result<int>> show(const JobOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json job, co_await client->get(path_of(options.id)));
  if (options.json) {
    write_output(to_text(job) + "\n");
    co_return 0;
  }
  const Json* error = find(job, "error");
  const std::string percent = number_at(job, "percent");
  show_output(to_text(std::vector<Fact>{{"job", text_at(job, "id")},
                                        {"queue", text_at(job, "queue")},
                                        {"state", text_at(job, "state")},
                                        {"waits for", text_at(job, "waits_for")},
                                        {"error", error != nullptr ? text_at(*error, "message") : ""},
                                        {"progress", percent.empty() ? text_at(job, "note") : percent + " % " + text_at(job, "note")},
                                        {"priority", number_at(job, "priority")},
                                        {"tries", number_at(job, "attempt")},
                                        {"failures", number_at(job, "failures") + " of " + number_at(job, "failures_most")},
                                        {"lost", number_at(job, "losses")},
                                        {"added", shown_time(job, "created_at", terminal)},
                                        {"not before", shown_time(job, "ready_at", terminal)},
                                        {"started", shown_time(job, "started_at", terminal)},
                                        {"ended", shown_time(job, "finished_at", terminal)},
                                        {"result", text_at(job, "result")}},
                      terminal));
  if (const JsonArray* story = array_at(job, "story")) {
    Table table{{"WHEN", "WHAT", ""}, {}};
    for (const Json& moment : *story) table.rows.push_back({shown_time(moment, "at", terminal), text_at(moment, "what"), text_at(moment, "detail")});
    if (!story->empty()) show_output(to_text(table, terminal, ""));
  }
  co_return 0;
}

Task<Result<int>> why(const JobOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json answer, co_await client->get(path_of(options.id, "/why")));
  if (options.json) {
    write_output(to_text(answer) + "\n");
    co_return 0;
  }
  write_output(text_at(answer, "why") + "\n");
  if (const std::string advice = text_at(answer, "try"); !advice.empty()) print_note(terminal, "try: " + advice);
  co_return 0;
}

Task<Result<int>> change(const JobOptions& options, std::string_view what) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json job, co_await client->post(path_of(options.id, what), JsonObject{}));
  write_output(options.json ? to_text(job) + "\n" : text_at(job, "id") + " " + text_at(job, "state") + "\n");
  co_return 0;
}

// --- queues -----------------------------------------------------------------------------------------------------------------------

std::string bounds_of(const Json& queue) {
  std::vector<std::string> words;
  if (!text_at(queue, "paused_at").empty()) words.emplace_back("paused");
  if (const auto at_once = integer_at(queue, "at_once")) words.push_back(fmt::format("{} at once", *at_once));
  if (const Json* rate = find(queue, "rate"); rate != nullptr && rate->is_object())
    words.push_back(fmt::format("{} in {}", integer_at(*rate, "count").value_or(0), human_duration(integer_at(*rate, "within_ms").value_or(0))));
  return join(words, ", ");
}

void print_queues(const Json& answer, const QueueOptions& options, const Terminal& terminal) {
  Table table{{"QUEUE", "WAITING", "RUNNING", "BOUNDS"}, {}};
  const JsonArray* items = array_at(answer, "items");
  for (const Json& queue : items != nullptr ? *items : JsonArray()) {
    if (options.json) write_output(to_text(queue) + "\n");
    const std::string name = text_at(queue, "name");
    table.rows.push_back({name == kAllQueues ? "all" : name, number_at(queue, "waiting"), number_at(queue, "running"), bounds_of(queue)});
  }
  if (!options.json) show_output(to_text(table, terminal, "no queues yet"));
}

Task<Result<int>> list_queues(const QueueOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json answer, co_await client->get("/api/queues"));
  print_queues(answer, options, terminal);
  co_return 0;
}

Task<Result<int>> change_queue(const QueueOptions& options, JsonObject body) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  const std::string name = options.name.empty() || options.name == "all" ? std::string(kAllQueues) : options.name;
  ZO_CO_TRY(const Json answer, co_await client->patch("/api/queues/" + percent_encode(name), std::move(body)));
  print_queues(answer, options, terminal);
  co_return 0;
}

// "30 a minute", "5/10s", "none".
Result<Json> rate_from_text(std::string_view text) {
  if (text == "none") return Json(nullptr);
  const std::size_t slash = text.find('/');
  const Result<std::int64_t> count = limit_from_text(spec_of(Limit::StepsARun), text.substr(0, slash));
  const Result<std::int64_t> within_s = slash == text.npos ? fail(Code::Invalid, "") : limit_from_text(spec_of(Limit::CommandTime), text.substr(slash + 1));
  if (count && within_s) return JsonObject{{"count", *count}, {"within_ms", *within_s * 1'000}};
  return fail(Code::Invalid, "'" + one_line(text, 40) + "' is no rate", "write it like 30/1min, or none");
}

Task<Result<int>> set_queue(const QueueOptions& options) {
  JsonObject body;
  if (options.at_once == "none") body["at_once"] = nullptr;
  else if (!options.at_once.empty()) {
    ZO_CO_TRY(body["at_once"], limit_from_text(spec_of(Limit::RunsAtOnce), options.at_once));
  }
  if (!options.rate.empty()) {
    ZO_CO_TRY(body["rate"], rate_from_text(options.rate));
  }
  if (body.empty()) co_return fail(Code::Invalid, "nothing is to be set", "zo queue set " + options.name + " --at-once 2");
  co_return co_await change_queue(options, std::move(body));
}

}  // namespace

int job_list(const JobOptions& options) {
  return run_command([&options] { return list(options); });
}
int job_show(const JobOptions& options) {
  return run_command([&options] { return show(options); });
}
int job_why(const JobOptions& options) {
  return run_command([&options] { return why(options); });
}
int job_cancel(const JobOptions& options) {
  return run_command([&options] { return change(options, "/cancel"); });
}
int job_retry(const JobOptions& options) {
  return run_command([&options] { return change(options, "/retry"); });
}
int queue_list(const QueueOptions& options) {
  return run_command([&options] { return list_queues(options); });
}
int queue_pause(const QueueOptions& options) {
  return run_command([&options] { return change_queue(options, {{"paused", true}}); });
}
int queue_resume(const QueueOptions& options) {
  return run_command([&options] { return change_queue(options, {{"paused", false}}); });
}
int queue_set(const QueueOptions& options) {
  return run_command([&options] { return set_queue(options); });
}

}  // namespace zo
