// `zo approvals` and `zo policy`: what a person is asked, and who is asked. A run waits in its server, so that is what is spoken to.
#include "cmd/approvals.h"

#include <fmt/core.h>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>

#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/table.h"
#include "async/offload.h"
#include "base/id.h"
#include "cmd/start.h"

namespace zo {
namespace {

std::string path_of(std::string_view id) { return "/api/approvals/" + percent_encode(id); }

Task<Result<JsonArray>> items_of(ApiClient& client, std::string path) {
  ZO_CO_TRY(const Json answer, co_await client.get(std::move(path)));
  const JsonArray* items = array_at(answer, "items");
  co_return items != nullptr ? *items : JsonArray();
}

// A part of the id is enough, when it is of one alone.
Task<Result<Json>> find_one(ApiClient& client, std::string id) {
  if (is_id_text(id)) co_return co_await client.get(path_of(id));
  ZO_CO_TRY(const JsonArray all, co_await items_of(client, "/api/approvals?approval_state=asked"));
  const Json* found = nullptr;
  for (const Json& one : all) {
    if (!text_at(one, "id").ends_with(id) || id.empty()) continue;
    if (found != nullptr) co_return fail(Code::Invalid, "more than one question ends with '" + one_line(id, 40) + "'", "name it by its whole id: zo approvals list");
    found = &one;
  }
  if (found == nullptr) co_return std::unexpected(no_such("question", id, "zo approvals list"));
  co_return *found;
}

Task<Result<int>> list(const ApprovalOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const JsonArray all, co_await items_of(*client, with_query("/api/approvals", {{"approval_state", options.all ? "" : "asked"}})));
  Table table{{"ID", "UNTIL", "STATE", "QUESTION"}, {}, 3};
  for (const Json& one : all) {
    if (options.json) write_output(to_text(one) + "\n");
    const std::string until = text_at(one, "expires_at");
    table.rows.push_back({text_at(one, "id"), terminal.output ? local_time(until) : until, text_at(one, "state"), text_at(one, "question")});
  }
  if (!options.json) show_output(to_text(table, terminal, "nothing waits for you"));
  co_return 0;
}

Task<Result<int>> show(const ApprovalOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json found, co_await find_one(*client, options.id));
  if (options.json) write_output(to_text(found) + "\n");
  else show_output(approval_text(found));
  co_return 0;
}

Task<Result<int>> answer(const ApprovalOptions& options, bool yes) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json found, co_await find_one(*client, options.id));
  ZO_CO_TRY(const Json answered, co_await answer_approval(*client, found, {yes, options.always, options.note}));
  if (options.json) write_output(to_text(answered) + "\n");
  else print_note(terminal, fmt::format("{}: {}", text_at(answered, "state"), text_at(answered, "question")));
  co_return 0;
}

Task<Result<int>> hook(const ApprovalOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  Json now;
  if (options.hook.empty()) {
    ZO_CO_TRY(now, co_await client->get("/api/approvals/hook"));
  } else {
    JsonObject body{{"url", options.hook == "off" ? Json(nullptr) : Json(options.hook)}, {"kind", options.ntfy ? "ntfy" : "json"}};
    ZO_CO_TRY(now, co_await client->put("/api/approvals/hook", std::move(body)));
  }
  const std::string url = text_at(now, "url");
  if (options.json) write_output(to_text(now) + "\n");
  else print_note(terminal, url.empty() ? "nobody is told; zo approvals hook URL" : fmt::format("told to {}, as {}", url, text_at(now, "kind")));
  co_return 0;
}

Task<Result<int>> list_rules(const PolicyOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const JsonArray all, co_await items_of(*client, "/api/policies"));
  Table table{{"TOOL", "FOR", "VERDICT", "OF TOKEN", "ID"}, {}};
  for (const Json& rule : all) {
    if (options.json) write_output(to_text(rule) + "\n");
    const std::string bound = text_at(rule, "bound");
    const std::string id = text_at(rule, "id");
    table.rows.push_back({text_at(rule, "tool"), bound.empty() ? "every call" : bound, text_at(rule, "verdict"), text_at(rule, "token_id"), id.empty() ? "usual" : id});
  }
  if (!options.json) show_output(to_text(table, terminal, ""));
  co_return 0;
}

Task<Result<int>> set_rule(const PolicyOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  JsonObject body{{"tool", options.tool}, {"verdict", options.verdict}};
  if (!options.bound.empty()) body["bound"] = options.bound;
  if (!options.token_id.empty()) body["token_id"] = options.token_id;
  ZO_CO_TRY(const Json rule, co_await client->put("/api/policies", std::move(body)));
  const std::string bound = text_at(rule, "bound");
  if (options.json) write_output(to_text(rule) + "\n");
  else print_note(terminal, fmt::format("{}{}: {}", text_at(rule, "tool"), bound.empty() ? "" : " " + bound, text_at(rule, "verdict")));
  co_return 0;
}

Task<Result<int>> remove_rule(const PolicyOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_OK(co_await client->remove("/api/policies/" + percent_encode(options.id)));
  print_note(terminal, "removed; what is usual for that tool holds again");
  co_return 0;
}

}  // namespace

Task<Result<JsonArray>> asked_by_run(ApiClient& client, std::string run_id) {
  ZO_CO_TRY(JsonArray asked, co_await items_of(client, with_query("/api/approvals", {{"approval_state", "asked"}, {"run", run_id}})));
  std::ranges::reverse(asked);
  co_return asked;
}

std::string approval_text(const Json& approval) {
  std::string text = text_at(approval, "question") + "\n";
  text += "  call         " + text_at(approval, "tool") + " " + text_at(approval, "arguments") + "\n";
  if (const std::string destination = text_at(approval, "destination"); !destination.empty()) text += "  destination  " + destination + "\n";
  text += fmt::format("  state        {}; holds until {}\n", text_at(approval, "state"), local_time(text_at(approval, "expires_at")));
  if (const std::string note = text_at(approval, "note"); !note.empty()) text += "  note         " + note + "\n";
  text += fmt::format("  run          {}\n  hash         {}\n", text_at(approval, "run_id"), text_at(approval, "hash"));
  if (text_at(approval, "state") != "asked") return text;
  const std::string id = text_at(approval, "id");
  text += fmt::format("\nzo approvals allow {}\nzo approvals refuse {} --note '…'\n", id, id);
  if (const std::string always = text_at(approval, "always"); !always.empty()) text += fmt::format("zo approvals allow {} --always      and no longer asks about: {}\n", id, always);
  return text;
}

namespace {

constexpr int kLookMs = 100;  // between two looks whether the answer is still wanted

// A line that a person types, without its end; nothing at the end of the input, or when it is not wanted any more. Blocks.
std::optional<std::string> typed_line(const std::string& prompt, const std::atomic<bool>& given_up) {
  write_errors(prompt);
  std::string line;
  while (!given_up) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, kLookMs) <= 0) continue;
    char c = 0;
    const ssize_t count = ::read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    if (c == '\n') return line;
    line += c;
  }
  return std::nullopt;
}

// Nothing when it is not wanted any more. The end of the input is a no.
std::optional<SaidToAsk> read_answer(bool can_always, const std::atomic<bool>& given_up) {
  for (;;) {
    const std::optional<std::string> line =
        typed_line(can_always ? "Allow? y(es), n(o), a(lways), or no and why: " : "Allow? y(es), n(o), or no and why: ", given_up);
    if (given_up) return std::nullopt;
    if (!line) return SaidToAsk{};
    const std::string text(trim(*line));
    if (text == "y" || text == "yes") return SaidToAsk{.yes = true};
    if (can_always && (text == "a" || text == "always")) return SaidToAsk{.yes = true, .always = true};
    if (text == "n" || text == "no") return SaidToAsk{};
    if (text.starts_with("no ") || text.starts_with("n ")) return SaidToAsk{.note = std::string(trim(text.substr(text.find(' '))))};
  }
}

}  // namespace

Task<Result<std::optional<SaidToAsk>>> ask_person(const Json& approval, const std::atomic<bool>& given_up) {
  Threads typing("typing", 1);
  write_errors(approval_text(approval));
  auto work = [can_always = !text_at(approval, "always").empty(), &given_up] { return read_answer(can_always, given_up); };
  std::optional<SaidToAsk> said = co_await offload(typing, std::move(work));
  co_return said;
}

Task<Result<Json>> answer_approval(ApiClient& client, const Json& approval, SaidToAsk said) {
  JsonObject body{{"hash", text_at(approval, "hash")}};
  if (!said.note.empty()) body["note"] = said.note;
  if (said.always) body["always"] = true;
  co_return co_await client.post(path_of(text_at(approval, "id")) + (said.yes ? "/allow" : "/refuse"), std::move(body));
}

int approvals_list(const ApprovalOptions& options) {
  return run_command([&options] { return list(options); });
}
int approvals_show(const ApprovalOptions& options) {
  return run_command([&options] { return show(options); });
}
int approvals_allow(const ApprovalOptions& options) {
  return run_command([&options] { return answer(options, true); });
}
int approvals_refuse(const ApprovalOptions& options) {
  return run_command([&options] { return answer(options, false); });
}
int approvals_hook(const ApprovalOptions& options) {
  return run_command([&options] { return hook(options); });
}
int policy_list(const PolicyOptions& options) {
  return run_command([&options] { return list_rules(options); });
}
int policy_set(const PolicyOptions& options) {
  return run_command([&options] { return set_rule(options); });
}
int policy_remove(const PolicyOptions& options) {
  return run_command([&options] { return remove_rule(options); });
}

}  // namespace zo
