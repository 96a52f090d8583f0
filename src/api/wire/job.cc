#include "api/wire/job.h"

#include <boost/json.hpp>

#include "api/wire/optional.h"
#include "base/time.h"

namespace zo {
namespace {

void set_time(JsonObject& out, std::string_view name, const std::optional<TimeMs>& at) {
  if (at) out[name] = to_rfc3339(*at);
}

void set_text(JsonObject& out, std::string_view name, const std::string& text) {
  if (!text.empty()) out[name] = text;
}

}  // namespace

JsonObject to_json(const Job& job) {
  JsonObject out{{"id", job.id.text()},
                 {"queue", job.queue},
                 {"state", job_state_name(job.state)},
                 {"priority", job.priority},
                 {"ready_at", to_rfc3339(job.ready_at)},
                 {"attempt", job.attempt},
                 {"failures", job.failures},
                 {"failures_most", job.failures_most},
                 {"losses", job.losses},
                 {"created_at", to_rfc3339(job.created_at)},
                 {"started_at", optional_time(job.started_at)},
                 {"finished_at", optional_time(job.finished_at)}};
  set_text(out, "unique_key", job.unique_key);
  set_text(out, "waits_for", job.waits_for);
  if (job.needs > 0) out["needs"] = job.needs;
  set_text(out, "node", job.node);
  set_time(out, "lease_until_at", job.lease_until_at);
  set_time(out, "deadline_at", job.deadline_at);
  set_time(out, "cancel_at", job.cancel_at);
  if (job.percent) out["percent"] = *job.percent;
  set_text(out, "note", job.note);
  set_text(out, "result", job.result);
  if (job.error) out["error"] = JsonObject{{"code", code_name(job.error->code)}, {"message", job.error->message}};
  JsonArray story;
  for (const JobMoment& moment : moments_of(job)) story.push_back(JsonObject{{"at", to_rfc3339(moment.at)}, {"what", moment.what}, {"detail", moment.detail}});
  out["story"] = std::move(story);
  return out;
}

JsonObject to_json(const QueueState& queue) {
  const QueueSettings& settings = queue.settings;
  return {{"name", settings.name},
          {"paused_at", optional_time(settings.paused_at)},
          {"at_once", settings.at_once ? Json(*settings.at_once) : Json(nullptr)},
          {"rate", settings.rate ? Json(JsonObject{{"count", settings.rate->count}, {"within_ms", settings.rate->within_ms}}) : Json(nullptr)},
          {"waiting", queue.waiting},
          {"running", queue.running},
          {"served", queue.is_served}};
}

}  // namespace zo
