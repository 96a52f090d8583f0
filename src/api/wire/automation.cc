#include "api/wire/automation.h"

#include <boost/json.hpp>

#include "api/wire/optional.h"
#include "base/text.h"
#include "base/time.h"
#include "net/http_client.h"

namespace zo {
namespace {

Result<> read_text(const JsonObject& body, std::string_view field, std::string& to) {
  const Json* value = body.if_contains(field);
  if (value == nullptr) return {};
  if (!value->is_string()) return fail(Code::Invalid, std::string(field) + " must be a text");
  to = value->as_string();
  return {};
}

Result<> read_number(const JsonObject& body, std::string_view field, std::int64_t& to) {
  const Json* value = body.if_contains(field);
  if (value == nullptr) return {};
  if (!value->is_int64()) return fail(Code::Invalid, std::string(field) + " must be a whole number");
  to = value->as_int64();
  return {};
}

// One of the words of a table.
template <class Value>
Result<> read_word(const JsonObject& body, std::string_view field, std::optional<Value> (*from_name)(std::string_view), std::string_view allowed, Value& to) {
  std::string word;
  ZO_OK(read_text(body, field, word));
  if (word.empty()) return {};
  const std::optional<Value> value = from_name(word);
  if (!value) return fail(Code::Invalid, fmt::format("{} is '{}', allowed: {}", field, one_line(word, 40), allowed));
  to = *value;
  return {};
}

Result<> read_tools(const JsonObject& body, Allowance& to) {
  const Json* value = body.if_contains("tools");
  if (value == nullptr) return {};
  if (value->is_string()) {
    to = Allowance::from_text(std::string_view(value->as_string()));
    return {};
  }
  if (!value->is_array()) return fail(Code::Invalid, "tools must be \"all\", or a list of names");
  to = {};
  for (const Json& name : value->as_array()) {
    if (!name.is_string()) return fail(Code::Invalid, "tools must be \"all\", or a list of names");
    to.names.emplace_back(name.as_string());
  }
  return {};
}

Result<> read_truth(const JsonObject& body, std::string_view field, bool& to) {
  const Json* value = body.if_contains(field);
  if (value == nullptr) return {};
  if (!value->is_bool()) return fail(Code::Invalid, std::string(field) + " must be true or false");
  to = value->as_bool();
  return {};
}

Result<> read_destinations(const JsonObject& body, std::vector<Destination>& to) {
  const Json* value = body.if_contains("deliver");
  if (value == nullptr) return {};
  const Error wrong{Code::Invalid, "deliver must be a list of {\"kind\": \"web_hook\", \"ntfy\" or \"email\", \"to\": an address}", ""};
  if (!value->is_array()) return std::unexpected(wrong);
  to.clear();
  for (const Json& one : value->as_array()) {
    const auto kind = delivery_kind_from_name(text_at(one, "kind"));
    std::string address = text_at(one, "to");
    if (!kind || address.empty()) return std::unexpected(wrong);
    to.push_back({*kind, std::move(address)});
  }
  return {};
}

// Of an address on the web the host alone: the rest may be a secret.
JsonArray hosts_json(const std::vector<Destination>& all) {
  JsonArray items;
  for (const Destination& one : all) {
    const auto peer = one.kind == DeliveryKind::Email ? std::nullopt : std::optional(peer_of(one.to));
    items.push_back(JsonObject{{"kind", delivery_kind_name(one.kind)}, {"to", peer && *peer ? (*peer)->host.text : one.to}});
  }
  return items;
}

JsonArray destinations_json(const std::vector<Destination>& all) {
  JsonArray items;
  for (const Destination& one : all) items.push_back(JsonObject{{"kind", delivery_kind_name(one.kind)}, {"to", one.to}});
  return items;
}

}  // namespace

JsonObject whole_json(const Automation& automation, std::string_view server) {
  JsonObject json = to_json(automation);
  json["deliver"] = destinations_json(automation.wish.deliver);
  if (!automation.hook_secret.empty()) json["hook_link"] = fmt::format("{}/hooks/{}/{}", server, automation.id.text(), automation.hook_secret);
  return json;
}

JsonObject to_json(const Automation& a) {
  const AutomationWish& w = a.wish;
  return {{"id", a.id.text()},
          {"name", w.name},
          {"every", w.every},
          {"rule", a.rule},
          {"zone", w.zone},
          {"start", w.start},
          {"gap", gap_name(w.gap)},
          {"prompt", w.prompt},
          {"model", w.model},
          {"tools", w.tools.all ? Json("all") : Json(boost::json::value_from(w.tools.names))},
          {"egress", w.egress},
          {"conversation_id", optional_json(w.conversation)},
          {"catch_up", catch_up_name(w.catch_up)},
          {"catch_up_ms", w.catch_up_ms},
          {"overlap", overlap_name(w.overlap)},
          {"jitter_ms", w.jitter_ms},
          {"run_ms_most", w.run_ms_most},
          {"tokens_a_day", w.tokens_a_day},
          {"deliver", hosts_json(w.deliver)},
          {"on_hook", w.on_hook},
          {"hook_link", nullptr},
          {"on_file", w.on_file},
          {"on_automation", w.on_automation.empty() ? Json(nullptr) : Json(w.on_automation)},
          {"on_outcome", on_outcome_name(w.on_outcome)},
          {"next_at", a.paused_at ? Json(nullptr) : optional_time(a.next_at)},
          {"failures", a.failures},
          {"held_until_at", optional_time(a.held_until_at)},
          {"paused_at", optional_time(a.paused_at)},
          {"paused_reason", a.paused_reason},
          {"problem", a.problem},
          {"created_at", to_rfc3339(a.created_at)},
          {"updated_at", to_rfc3339(a.updated_at)}};
}

JsonObject to_json(const Occurrence& o) {
  return {{"automation_id", o.automation_id.text()},
          {"at", to_rfc3339(o.at)},
          {"cause", cause_name(o.cause)},
          {"cause_detail", o.cause_detail},
          {"state", occurrence_state_name(o.state)},
          {"reason", o.reason},
          {"late_ms", o.late_ms},
          {"job_id", optional_json(o.job_id)},
          {"run_id", optional_json(o.run_id)},
          {"conversation_id", optional_json(o.conversation_id)},
          {"tokens", o.tokens},
          {"input", o.input},
          {"undelivered", o.undelivered},
          {"created_at", to_rfc3339(o.created_at)},
          {"finished_at", optional_time(o.finished_at)}};
}

JsonObject to_json(const RulePreview& preview) {
  JsonArray next, local;
  const Result<Zone> zone = Zone::open(preview.zone);
  for (const TimeMs at : preview.next) {
    next.emplace_back(to_rfc3339(at));
    if (zone) local.emplace_back(local_text(at, *zone));
  }
  return {{"rule", preview.rule}, {"zone", preview.zone}, {"start", preview.start}, {"next", std::move(next)}, {"next_local", std::move(local)}};
}

JsonObject to_json(const Calendar& calendar) {
  JsonArray items;
  for (const CalendarItem& one : calendar.items) {
    const auto& o = one.occurrence;
    items.push_back(JsonObject{{"automation_id", one.automation.text()},
                               {"name", one.name},
                               {"at", to_rfc3339(one.at)},
                               {"state", o ? occurrence_state_name(o->state) : "planned"},
                               {"reason", o ? o->reason : ""},
                               {"late_ms", o ? o->late_ms : 0},
                               {"run_id", o ? optional_json(o->run_id) : Json(nullptr)},
                               {"conversation_id", o ? optional_json(o->conversation_id) : Json(nullptr)}});
  }
  return {{"items", std::move(items)}, {"is_cut", calendar.is_cut}};
}

Result<> change_wish(AutomationWish& wish, const JsonObject& body) {
  ZO_OK(read_text(body, "name", wish.name));
  if (const Json* every = body.if_contains("every"); every != nullptr && !body.contains("start")) wish.start.clear();  // another rule begins now
  ZO_OK(read_text(body, "every", wish.every));
  ZO_OK(read_text(body, "zone", wish.zone));
  ZO_OK(read_text(body, "start", wish.start));
  ZO_OK(read_text(body, "prompt", wish.prompt));
  ZO_OK(read_text(body, "model", wish.model));
  ZO_OK(read_text(body, "egress", wish.egress));
  ZO_OK(read_tools(body, wish.tools));
  ZO_OK(read_word(body, "gap", gap_from_name, "shift, skip", wish.gap));
  ZO_OK(read_word(body, "catch_up", catch_up_from_name, "latest, skip, all", wish.catch_up));
  ZO_OK(read_word(body, "overlap", overlap_from_name, "skip, buffer_one, allow, cancel_previous", wish.overlap));
  ZO_OK(read_number(body, "catch_up_ms", wish.catch_up_ms));
  ZO_OK(read_number(body, "jitter_ms", wish.jitter_ms));
  ZO_OK(read_destinations(body, wish.deliver));
  ZO_OK(read_truth(body, "on_hook", wish.on_hook));
  ZO_OK(read_text(body, "on_file", wish.on_file));
  if (const Json* of = body.if_contains("on_automation"); of != nullptr && of->is_null()) wish.on_automation.clear();
  else ZO_OK(read_text(body, "on_automation", wish.on_automation));
  ZO_OK(read_word(body, "on_outcome", on_outcome_from_name, "any, succeeded, failed", wish.on_outcome));
  ZO_OK(read_number(body, "run_ms_most", wish.run_ms_most));
  ZO_OK(read_number(body, "tokens_a_day", wish.tokens_a_day));
  if (const Json* conversation = body.if_contains("conversation_id")) {
    wish.conversation.reset();
    if (conversation->is_string()) {
      ZO_TRY(wish.conversation, ConversationId::parse(conversation->as_string(), "conversation"));
    }
  }
  return {};
}

}  // namespace zo
