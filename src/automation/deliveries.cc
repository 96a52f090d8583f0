#include "automation/deliveries.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "automation/rows.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kTextBytes = 16'384;
constexpr int kTries = 9;
constexpr std::int64_t kBackoffMs = 15'000;  // doubled by each further failure: about an hour in all

JsonObject to_json(const Delivery& d) {
  return {{"kind", delivery_kind_name(d.destination.kind)}, {"to", d.destination.to}, {"automation_id", d.automation.text()}, {"at", d.at}, {"name", d.name},
          {"state", occurrence_state_name(d.state)}, {"text", d.text}, {"run_id", d.run ? Json(d.run->text()) : Json(nullptr)},
          {"conversation_id", d.conversation ? Json(d.conversation->text()) : Json(nullptr)}};
}

Result<Delivery> delivery_from_text(std::string_view text) {
  ZO_TRY(const Json json, parse_json(text, "a delivery"));
  Delivery d;
  d.destination = {delivery_kind_from_name(text_at(json, "kind")).value_or(DeliveryKind::WebHook), text_at(json, "to")};
  d.automation = AutomationId::stored(text_at(json, "automation_id"));
  d.at = integer_at(json, "at").value_or(0);
  d.name = text_at(json, "name");
  d.state = occurrence_state_from_name(text_at(json, "state"));
  d.text = text_at(json, "text");
  if (const std::string run = text_at(json, "run_id"); !run.empty()) d.run = RunId::stored(run);
  if (const std::string talk = text_at(json, "conversation_id"); !talk.empty()) d.conversation = ConversationId::stored(talk);
  return d;
}

std::string title_of(const Delivery& d) { return d.state == OccurrenceState::Succeeded ? d.name : fmt::format("{}: {}", d.name, occurrence_state_name(d.state)); }

// The same for programs.
std::string body_of(const Delivery& d) {
  JsonObject body = to_json(d);
  body.erase("kind");
  body.erase("to");
  body["event"] = "automation_ended";
  body["at"] = to_rfc3339(d.at);
  return to_text(body);
}

}  // namespace

Added add_delivery(Transaction& tx, const PersonId& person, const JobId& id, Delivery delivery, TimeMs now) {
  std::string payload;
  for (std::size_t most = kTextBytes;; most /= 2) {
    if (delivery.text.size() > most) delivery.text = head_and_tail(delivery.text, most);
    payload = to_text(to_json(delivery));
    if (payload.size() <= limits::kJobPayloadBytes) break;
  }
  const Result<Added> added = add_job(tx, {.id = id, .person_id = person, .queue = std::string(kDeliveriesQueue), .payload = std::move(payload), .failures_most = kTries, .backoff_ms = kBackoffMs}, now);
  if (!added) throw SqlFailure{added.error()};  // undoes all of it
  return *added;
}

Task<Result<>> Deliveries::begin(Held held) {
  const JobId job = held.job;
  at_work_[job] = working_.spawn("delivery", work(std::move(held)));
  co_return Result<>{};
}

// What is on its way is told to the end, which is soon; what another has by now is not ours to end.
void Deliveries::stop(const JobId& job, Stop why) {
  if (why != Stop::Lost) return;
  if (const auto found = at_work_.find(job); found != at_work_.end()) found->second.cancel();
}

Task<void> Deliveries::work(Held held) {
  const JobId job = held.job;
  Result<Delivery> delivery = delivery_from_text(held.payload);
  Result<> sent;
  if (!delivery) sent = std::unexpected(delivery.error());
  else if (held.is_to_stop) sent = fail(Code::Cancelled, "stopped by a person");
  else sent = co_await deliver(held.person_id, job, *delivery);
  co_await finish(std::move(held), delivery ? std::move(*delivery) : Delivery{}, std::move(sent));
  at_work_.erase(job);
}

Task<Result<>> Deliveries::deliver(PersonId person, JobId job, Delivery delivery) {
  const std::string& to = delivery.destination.to;
  if (delivery.destination.kind == DeliveryKind::Email) co_return co_await mail_.send(person, {to, title_of(delivery), delivery.text, job.string()});
  const HookKind kind = delivery.destination.kind == DeliveryKind::Ntfy ? HookKind::Ntfy : HookKind::Json;
  co_return co_await tell_hook(http_, person, {to, kind}, {title_of(delivery), delivery.text, body_of(delivery), job.string()});
}

Task<void> Deliveries::finish(Held held, Delivery delivery, Result<> sent) {
  JobEnd end;
  if (!sent) {
    const Code code = sent.error().code;
    end = {.state = code == Code::Cancelled ? JobState::Cancelled : JobState::Failed, .error = sent.error(), .is_final = code != Code::Unavailable && code != Code::Timeout && code != Code::RateLimited};
  }
  const Held attempt{held.job, held.person_id, held.attempt, held.queue, {}, {}, held.freed_by, held.failures, held.losses, held.backoff_ms};
  std::uint64_t chance = 0;
  dice_.fill(&chance, sizeof chance);
  auto change = [=, now = clock_.now()](Transaction& tx) -> Result<JobOutcome> {
    const JobOutcome outcome = end_job(tx, attempt, end, now, chance);
    if (outcome.ended != Ended::Over || sent) return outcome;
    // One line for each way that failed.
    tx.change("UPDATE occurrences SET undelivered = SUBSTR(undelivered || ?, 1, 2000) WHERE automation_id = ? AND at = ? AND person_id = ?",
              fmt::format("{} {}: {}\n", delivery_kind_name(delivery.destination.kind), delivery.destination.to, one_line(sent.error().message, 300)), delivery.automation, delivery.at, attempt.person_id);
    return outcome;
  };
  const Result<JobOutcome> outcome = co_await store_.write(std::move(change));
  queue_.left(held);
  if (!outcome) co_return log_error("automation", "the end of a delivery was not kept: " + outcome.error().message);
  if (outcome->ended == Ended::Again) queue_.note_added({held.job, held.queue, false, JobState::Scheduled, outcome->again_at});
  if (outcome->ended != Ended::Over) co_return;
  queue_.tell(held.person_id, held.job);
  if (sent) co_return;
  log_warn("automation", fmt::format("what came of '{}' could not be told to {}: {}", delivery.name, delivery.destination.to, sent.error().message));
  notices_.tell(held.person_id, {Notice::What::Automation, delivery.automation.string()});
}

}  // namespace zo
