#include "automation/deliveries.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "automation/rows.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kWhyChars = 300;
constexpr std::size_t kTextBytes = 16'384;
constexpr int kTries = 9;
constexpr int kLossesMost = 20;  // attempts over which this process, or another, has died
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

// Where to, for whoever may see the history: of an address on the web, which may hold a secret, the host.
std::string shown_to(const Destination& to) {
  if (to.kind == DeliveryKind::Email) return to.to;
  const Result<HostPort> peer = peer_of(to.to);
  return peer ? peer->host.text : "";
}

// One line for each way that failed; a later try that ends well takes it back.
void note_end(Transaction& tx, const PersonId& person, const Delivery& d, std::string_view why) {
  const std::optional<Occurrence> occurrence = find_occurrence(tx, person, d.automation, d.at);
  if (!occurrence) return;
  const std::string label = fmt::format("{} {}: ", delivery_kind_name(d.destination.kind), shown_to(d.destination));
  std::string lines;
  for (const std::string_view line : split(occurrence->undelivered, '\n'))
    if (!line.empty() && !line.starts_with(label)) lines += std::string(line) + "\n";
  if (!why.empty()) lines += label + one_line(why, kWhyChars) + "\n";
  tx.change("UPDATE occurrences SET undelivered = ? WHERE automation_id = ? AND at = ? AND person_id = ?", lines, d.automation, d.at, person);
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
  const Result<Added> added = add_job(tx, {.id = id, .person_id = person, .queue = std::string(kDeliveriesQueue), .payload = std::move(payload), .failures_most = kTries, .losses_most = 0, .backoff_ms = kBackoffMs}, now);
  if (!added) throw SqlFailure{added.error()};  // undoes all of it
  return *added;
}

Task<Result<>> Deliveries::begin(Held held) {
  const JobId job = held.job;
  AtWork& one = at_work_[job] = AtWork{.held = Held{held.job, held.person_id, held.attempt}};
  one.activity = working_.spawn("delivery", work(std::move(held)));
  co_return Result<>{};
}

// What is on its way is told to the end, which is soon; what another has by now is not ours to end.
void Deliveries::stop(const JobId& job, Stop why) {
  if (why != Stop::Lost) return;
  const auto found = at_work_.find(job);
  if (found == at_work_.end()) return;
  AtWork one = std::move(found->second);
  at_work_.erase(found);
  queue_.left(one.held);
  one.activity.cancel();
}

// One that waits ends here, with a line where people look.
Task<Result<bool>> Deliveries::cancel(PersonId person, JobId job) {
  auto change = [person, job, now = clock_.now()](Transaction& tx) -> Result<bool> {
    const std::optional<Job> found = find_job(tx, person, job);
    if (!found || found->state == JobState::Running || is_over(found->state)) return false;
    ZO_TRY(const Delivery delivery, delivery_from_text(found->payload));
    ZO_OK(cancel_job(tx, person, job, now));
    note_end(tx, person, delivery, "cancelled");
    return true;
  };
  Result<bool> did = co_await store_.write(std::move(change));
  if (did && *did) queue_.tell(person, job);
  co_return did;
}

Task<void> Deliveries::work(Held held) {
  const JobId job = held.job;
  Result<Delivery> delivery = delivery_from_text(held.payload);
  Result<> sent;
  if (!delivery) sent = std::unexpected(delivery.error());
  else if (held.is_to_stop) sent = fail(Code::Cancelled, "cancelled");
  else if (held.losses >= kLossesMost) sent = fail(Code::Internal, fmt::format("ZoClone stopped {} times while this was told", held.losses));
  else sent = co_await deliver(held.person_id, job, *delivery);
  const std::int64_t attempt = held.attempt;
  co_await finish(std::move(held), delivery ? std::move(*delivery) : Delivery{}, std::move(sent));
  if (const auto found = at_work_.find(job); found != at_work_.end() && found->second.held.attempt == attempt) at_work_.erase(found);
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
    if (outcome.ended == Ended::Over) note_end(tx, attempt.person_id, delivery, sent ? "" : sent.error().message);
    return outcome;
  };
  const Result<JobOutcome> outcome = co_await store_.write(std::move(change));
  queue_.left(held);
  if (!outcome) co_return log_error("automation", "the end of a delivery was not kept: " + outcome.error().message);
  if (outcome->ended == Ended::Again) queue_.note_added({held.job, held.queue, false, JobState::Scheduled, outcome->again_at});
  if (outcome->ended != Ended::Over) co_return;
  queue_.tell(held.person_id, held.job);
  if (!sent) log_warn("automation", fmt::format("what came of '{}' could not be told to {}: {}", delivery.name, shown_to(delivery.destination), sent.error().message));
  notices_.tell(held.person_id, {Notice::What::Automation, delivery.automation.string()});
}

}  // namespace zo
