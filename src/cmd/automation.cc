// `zo automation`: what starts agents without being asked. They live in a server, so that is what is spoken to.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "automation/automation.h"
#include "base/allowance.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/start.h"
#include "cmd/table.h"
#include "limit/limits.h"

namespace zo {
namespace {

std::string path_of(std::string_view name, std::string_view what = "") { return "/api/automations/" + percent_encode(name) + std::string(what); }

std::string shown_time(std::string_view at, const Terminal& terminal) { return terminal.output && !at.empty() ? local_time(at) : std::string(at); }

// "90 min", "0" for none.
Result<std::int64_t> duration_ms(std::string_view option, std::string_view text) {
  if (text == "0" || text == "none") return 0;
  const Result<std::int64_t> seconds = limit_from_text(spec_of(Limit::CommandTimeMost), text);
  if (seconds) return *seconds * 1'000;
  return fail(Code::Invalid, fmt::format("--{} '{}' is no time", option, one_line(text, 40)), "write it like 90min, 2h, or 0");
}

Result<Json> destinations_of(const std::vector<std::string>& words) {
  JsonArray all;
  if (words == std::vector<std::string>{"none"}) return Json(all);
  for (const std::string& word : words) {
    const std::size_t mark = word.find('=');
    if (mark == word.npos || !delivery_kind_from_name(word.substr(0, mark)))
      return fail(Code::Invalid, "--deliver '" + one_line(word, 80) + "' says no way", "write it like email=me@example.org, ntfy=https://ntfy.sh/topic, web_hook=https://example.org/hook");
    all.push_back(JsonObject{{"kind", word.substr(0, mark)}, {"to", word.substr(mark + 1)}});
  }
  return Json(std::move(all));
}

// The options that were given.
Result<JsonObject> body_of(const AutomationOptions& options) {
  JsonObject body;
  const auto set = [&](std::string_view field, const std::optional<std::string>& value) {
    if (value) body[field] = *value;
  };
  set("name", options.new_name);
  set("every", options.every);
  set("zone", options.zone);
  set("start", options.start);
  set("gap", options.gap);
  set("prompt", options.prompt);
  set("model", options.model);
  set("egress", options.egress);
  set("catch_up", options.catch_up);
  set("overlap", options.overlap);
  if (options.tools) {
    const Allowance tools = Allowance::from_text(*options.tools);
    body["tools"] = tools.all ? Json("all") : Json(boost::json::value_from(tools.names));
  }
  if (!options.deliver.empty()) {
    ZO_TRY(body["deliver"], destinations_of(options.deliver));
  }
  if (options.on_hook) {
    if (*options.on_hook != "yes" && *options.on_hook != "no") return fail(Code::Invalid, "--on-hook '" + one_line(*options.on_hook, 40) + "' is neither yes nor no");
    body["on_hook"] = *options.on_hook == "yes";
  }
  set("on_file", options.on_file);
  if (options.after) body["on_automation"] = *options.after == "none" ? Json(nullptr) : Json(*options.after);
  set("on_outcome", options.after_outcome);
  if (options.conversation) body["conversation_id"] = *options.conversation == "new" ? Json(nullptr) : Json(*options.conversation);
  for (const auto& [field, option, text] : {std::tuple("catch_up_ms", "catch-up-within", options.catch_up_within), {"jitter_ms", "jitter", options.jitter}, {"run_ms_most", "time", options.time}}) {
    if (!text) continue;
    ZO_TRY(body[field], duration_ms(option, *text));
  }
  if (options.tokens_a_day) body["tokens_a_day"] = *options.tokens_a_day;
  return body;
}

// On standard error, so that the id alone goes to standard output.
Task<Result<>> show_preview(ApiClient& client, const JsonObject& body, const Terminal& terminal) {
  const Json* every = body.if_contains("every");
  if (every == nullptr || every->as_string().empty()) co_return Result<>{};
  JsonObject rule;
  for (const char* field : {"every", "zone", "start", "gap"})
    if (const Json* value = body.if_contains(field)) rule[field] = *value;
  ZO_CO_TRY(const Json preview, co_await client.post("/api/automations/preview", std::move(rule)));
  std::string lines = "next:";
  if (const JsonArray* times = array_at(preview, "next_local"))
    for (const Json& at : *times) lines += "\n  " + std::string(at.as_string());
  print_note(terminal, lines);
  co_return Result<>{};
}

Task<Result<int>> add(const AutomationOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(JsonObject body, body_of(options));
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  if (!options.json) ZO_CO_OK(co_await show_preview(*client, body, terminal));
  ZO_CO_TRY(const Json added, co_await client->post("/api/automations", std::move(body)));
  write_output((options.json ? to_text(added) : text_at(added, "id")) + "\n");
  co_return 0;
}

Task<Result<int>> edit(const AutomationOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(JsonObject body, body_of(options));
  if (body.empty()) co_return fail(Code::Invalid, "nothing is to be changed", "zo automation edit " + options.name + " --every 'every day at 9'");
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  if (!options.json) ZO_CO_OK(co_await show_preview(*client, body, terminal));
  ZO_CO_TRY(const Json changed, co_await client->patch(path_of(options.name), std::move(body)));
  write_output((options.json ? to_text(changed) : text_at(changed, "id")) + "\n");
  co_return 0;
}

std::string state_of(const Json& automation, const Terminal& terminal) {
  if (!text_at(automation, "paused_at").empty()) return text_at(automation, "paused_reason");
  const std::string next = text_at(automation, "next_at");
  if (!next.empty()) return shown_time(next, terminal);
  return text_at(automation, "rule").empty() ? "when it is started" : "no time starts it any more";
}

Task<Result<int>> list(const AutomationOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json answer, co_await client->get("/api/automations"));
  Table table{{"NAME", "EVERY", "NEXT", "PROMPT"}, {}, 3};
  const JsonArray* items = array_at(answer, "items");
  for (const Json& one : items != nullptr ? *items : JsonArray()) {
    if (options.json) write_output(to_text(one) + "\n");
    table.rows.push_back({text_at(one, "name"), text_at(one, "every"), state_of(one, terminal), one_line(text_at(one, "prompt"), 200)});
  }
  if (!options.json) show_output(to_text(table, terminal, "no automations yet; zo automation add --name notes --every 'every weekday at 8' --prompt '…'"));
  co_return 0;
}

std::string duration_or(const Json& automation, std::string_view field, std::string_view otherwise) {
  const std::int64_t ms = integer_at(automation, field).value_or(0);
  return ms == 0 ? std::string(otherwise) : human_duration(ms);
}

std::string told_to(const Json& automation) {
  std::string text;
  const JsonArray* all = array_at(automation, "deliver");
  for (const Json& one : all != nullptr ? *all : JsonArray()) text += (text.empty() ? "" : ", ") + text_at(one, "kind") + " " + text_at(one, "to");
  return text;
}

// A newline parts what could not be told.
std::string reason_of(const Json& occurrence) {
  std::string reason = text_at(occurrence, "reason");
  if (const std::string undelivered = text_at(occurrence, "undelivered"); !undelivered.empty()) reason += (reason.empty() ? "" : "; ") + std::string("not told: ") + one_line(undelivered, 300);
  return reason;
}

Task<Result<int>> show(const AutomationOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json shown, co_await client->get(path_of(options.name)));
  if (options.json) {
    write_output(to_text(shown) + "\n");
    co_return 0;
  }
  const Json& one = shown.at("automation");
  std::string next;
  if (const JsonArray* times = array_at(shown, "next"))
    for (const Json& at : *times) next += (next.empty() ? "" : ", ") + shown_time(std::string(at.as_string()), terminal);
  const auto late = integer_at(shown, "lateness_p95_ms");
  show_output(to_text(std::vector<Fact>{{"automation", text_at(one, "name")},
                                        {"id", text_at(one, "id")},
                                        {"every", text_at(one, "every")},
                                        {"rule", text_at(one, "rule")},
                                        {"zone", text_at(one, "zone")},
                                        {"next", next},
                                        {"link", text_at(one, "hook_link")},
                                        {"files", text_at(one, "on_file") + (text_at(one, "problem").empty() ? "" : "; not watched: " + text_at(one, "problem"))},
                                        {"after", text_at(one, "on_automation")},
                                        {"goes to", told_to(one)},
                                        {"paused", text_at(one, "paused_reason")},
                                        {"failures", fmt::format("{} in a row", integer_at(one, "failures").value_or(0))},
                                        {"late", late ? "95 of 100 by at most " + human_duration(*late) : ""},
                                        {"prompt", text_at(one, "prompt")},
                                        {"model", text_at(one, "model")},
                                        {"network", text_at(one, "egress")},
                                        {"missed", text_at(one, "catch_up")},
                                        {"overlap", text_at(one, "overlap")},
                                        {"jitter", duration_or(one, "jitter_ms", "")},
                                        {"time", duration_or(one, "run_ms_most", "")}},
                      terminal));
  co_return 0;
}

Task<Result<int>> history(const AutomationOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json answer, co_await client->get(with_query(path_of(options.name, "/history"), {{"limit", std::to_string(options.limit > 0 ? options.limit : 50)}})));
  Table table{{"AT", "STATE", "BY", "LATE", "TOKENS", "RUN", "REASON"}, {}, 6};
  const JsonArray* items = array_at(answer, "items");
  for (const Json& one : items != nullptr ? *items : JsonArray()) {
    if (options.json) write_output(to_text(one) + "\n");
    const std::int64_t late_ms = integer_at(one, "late_ms").value_or(0);
    table.rows.push_back({shown_time(text_at(one, "at"), terminal), text_at(one, "state"), text_at(one, "cause"), late_ms < 1'000 ? "" : human_duration(late_ms),
                          std::to_string(integer_at(one, "tokens").value_or(0)), text_at(one, "run_id"), reason_of(one)});
  }
  if (!options.json) show_output(to_text(table, terminal, "nothing yet"));
  co_return 0;
}

Task<Result<int>> change(const AutomationOptions& options, std::string_view what) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json now, co_await client->post(path_of(options.name, what), JsonObject{}));
  if (options.json) write_output(to_text(now) + "\n");
  else if (what == "/run") write_output(text_at(now, "job_id") + "\n");
  else print_note(terminal, text_at(now, "name") + ": " + state_of(now, terminal));
  co_return 0;
}

Task<Result<int>> remove(const AutomationOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_OK(co_await client->remove(path_of(options.name)));
  print_note(terminal, "removed, with its history");
  co_return 0;
}

}  // namespace

int automation_add(const AutomationOptions& options) {
  return run_command([&options] { return add(options); });
}
int automation_edit(const AutomationOptions& options) {
  return run_command([&options] { return edit(options); });
}
int automation_list(const AutomationOptions& options) {
  return run_command([&options] { return list(options); });
}
int automation_show(const AutomationOptions& options) {
  return run_command([&options] { return show(options); });
}
int automation_history(const AutomationOptions& options) {
  return run_command([&options] { return history(options); });
}
int automation_run(const AutomationOptions& options) {
  return run_command([&options] { return change(options, "/run"); });
}
int automation_pause(const AutomationOptions& options) {
  return run_command([&options] { return change(options, "/pause"); });
}
int automation_resume(const AutomationOptions& options) {
  return run_command([&options] { return change(options, "/resume"); });
}
int automation_remove(const AutomationOptions& options) {
  return run_command([&options] { return remove(options); });
}

}  // namespace zo
