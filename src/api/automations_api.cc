// What starts agents without being asked: when, what, and what came of each time.
#include <boost/json.hpp>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/wire/automation.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kLatenessOf = 200;  // of the newest times
constexpr std::int64_t kCalendarMs = 400LL * 24 * 60 * 60 * 1'000;
constexpr std::int64_t kAheadMs = 400LL * 366 * 24 * 60 * 60 * 1'000;

const std::string& name_of(const ApiRequest& request) { return request.path.at("name"); }

// That 19 of 20 were not later than; nothing when none has begun.
Json lateness_of(const std::vector<Occurrence>& history) {
  std::vector<std::int64_t> late;
  for (const Occurrence& one : history)
    if (one.cause == Cause::Time && one.state != OccurrenceState::Missed && one.state != OccurrenceState::Skipped) late.push_back(one.late_ms);
  if (late.empty()) return nullptr;
  std::ranges::sort(late);
  return late[(late.size() - 1) * 95 / 100];
}

JsonObject shown_to(const ApiState& api, const ApiRequest& request, const Automation& automation) {
  return request.principal.is_person ? whole_json(automation, api.address) : to_json(automation);
}

Result<TimeMs> time_of(const ApiRequest& request, std::string_view parameter) {
  std::string text = request.parameter(parameter).value_or("");
  // Of the milliseconds that times of this API have, a calendar needs none.
  if (const std::size_t point = text.find('.'), end = text.find('Z'); point != text.npos && end != text.npos && end > point) text.erase(point, end - point);
  const std::optional<Moment> moment = moment_from_text(text);
  if (!moment || !moment->utc) return fail(Code::Invalid, fmt::format("{} is '{}', and must be a time like 2026-03-01T00:00:00Z", parameter, one_line(text, 40)));
  return moment->time.seconds * 1'000;
}

Task<Result<HttpReply>> pause_with(ApiState& api, ApiRequest& request, bool paused) {
  ZO_CO_TRY(const Automation automation, co_await api.zo.automations.pause(request.principal.person, name_of(request), paused));
  co_return json_reply(shown_to(api, request, automation));
}

}  // namespace

Task<Result<HttpReply>> list_automations(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::vector<Automation> all, co_await api.zo.automations.list(request.principal.person));
  JsonArray items;
  for (const Automation& one : all) items.emplace_back(shown_to(api, request, one));
  co_return json_reply({{"items", std::move(items)}});
}

Task<Result<HttpReply>> add_automation(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  AutomationWish wish;
  ZO_CO_OK(change_wish(wish, body));
  ZO_CO_TRY(const Automation added, co_await api.zo.automations.add(request.principal.person, std::move(wish)));
  co_return json_reply(shown_to(api, request, added));
}

Task<Result<HttpReply>> preview_automation(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  AutomationWish wish;
  ZO_CO_OK(change_wish(wish, body));
  ZO_CO_TRY(const RulePreview preview, co_await api.zo.automations.preview(std::move(wish)));
  co_return json_reply(to_json(preview));
}

Task<Result<HttpReply>> show_automation(ApiState& api, ApiRequest& request) {
  const PersonId person = request.principal.person;
  ZO_CO_TRY(const Automation automation, co_await api.zo.automations.find(person, name_of(request)));
  ZO_CO_TRY(const std::vector<Occurrence> history, co_await api.zo.automations.history(person, automation.id.string(), {}, kLatenessOf));
  const TimeMs now = api.zo.world.clock.now();
  std::vector<TimeMs> next;
  if (!automation.paused_at) {
    ZO_CO_TRY(next, co_await api.zo.automations.between(automation, now, now + kAheadMs, limits::kNextShown));
  }
  JsonArray times;
  for (const TimeMs at : next) times.emplace_back(to_rfc3339(at));
  co_return json_reply({{"automation", shown_to(api, request, automation)}, {"next", std::move(times)}, {"lateness_p95_ms", lateness_of(history)}});
}

Task<Result<HttpReply>> change_automation(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(const Automation before, co_await api.zo.automations.find(request.principal.person, name_of(request)));
  AutomationWish wish = before.wish;
  ZO_CO_OK(change_wish(wish, body));
  ZO_CO_TRY(const Automation now, co_await api.zo.automations.edit(request.principal.person, before.id.string(), std::move(wish), before.rev));
  co_return json_reply(shown_to(api, request, now));
}

Task<Result<HttpReply>> remove_automation(ApiState& api, ApiRequest& request) {
  ZO_CO_OK(co_await api.zo.automations.remove(request.principal.person, name_of(request)));
  co_return empty_reply();
}

Task<Result<HttpReply>> run_automation(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const Occurrence begun, co_await api.zo.automations.run(request.principal.person, name_of(request)));
  co_return json_reply(to_json(begun));
}

Task<Result<HttpReply>> pause_automation(ApiState& api, ApiRequest& request) { return pause_with(api, request, true); }
Task<Result<HttpReply>> resume_automation(ApiState& api, ApiRequest& request) { return pause_with(api, request, false); }

Task<Result<HttpReply>> show_automation_history(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::size_t limit, limit_of(request));
  std::optional<TimeMs> before;
  if (const auto after = request.parameter("after"); after && !after->empty()) {
    ZO_CO_TRY(before, number_of(request, "after", 0));
  }
  ZO_CO_TRY(const std::vector<Occurrence> history, co_await api.zo.automations.history(request.principal.person, name_of(request), before, limit));
  JsonArray items;
  for (const Occurrence& one : history) items.emplace_back(to_json(one));
  co_return json_reply({{"items", std::move(items)}, {"next", history.size() == limit ? Json(std::to_string(history.back().at)) : Json(nullptr)}});
}

Task<Result<HttpReply>> show_calendar(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const TimeMs from, time_of(request, "from"));
  ZO_CO_TRY(const TimeMs until, time_of(request, "until"));
  if (until <= from || until - from > kCalendarMs) co_return fail(Code::Invalid, "a calendar is of at most 400 days, and ends after it begins");
  ZO_CO_TRY(const Calendar calendar, co_await api.zo.automations.calendar(request.principal.person, from, until));
  co_return json_reply(to_json(calendar));
}

// For whoever has the link, and nothing else of this computer.
Task<Result<HttpReply>> call_hook(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const AutomationId id, AutomationId::parse(request.path.at("id"), "link"));
  const auto secret = request.path.find("secret");
  // The name of one call, as Standard Webhooks, GitHub and others have it: it starts nothing twice.
  std::string_view key;
  for (const char* header : {"webhook-id", "X-GitHub-Delivery", "Idempotency-Key"})
    if (key.empty()) key = request.http.header(header);
  HookCall call{.secret = secret == request.path.end() ? "" : secret->second, .signature = std::string(request.http.header("X-Hub-Signature-256")), .body = request.http.body,
                .key = one_line(key, 200)};
  ZO_CO_TRY(const Occurrence begun, co_await api.zo.automations.call_hook(id, std::move(call)));
  co_return json_reply({{"at", to_rfc3339(begun.at)}, {"state", occurrence_state_name(begun.state)}}, 202);
}

}  // namespace zo
