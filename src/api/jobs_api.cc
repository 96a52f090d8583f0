// Jobs and queues: what waits and why, what runs, what became of the rest.
#include <boost/json.hpp>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/wire/job.h"
#include "base/text.h"

namespace zo {
namespace {

Result<JobId> job_of(const ApiRequest& request) { return JobId::parse(request.path.at("id"), "job"); }

Task<Result<HttpReply>> queues_reply(ApiState& api, PersonId person) {
  ZO_CO_TRY(const std::vector<QueueState> queues, co_await api.zo.jobs.queues(std::move(person)));
  JsonArray items;
  for (const QueueState& queue : queues) items.emplace_back(to_json(queue));
  co_return json_reply({{"items", std::move(items)}});
}

Result<std::optional<std::int64_t>> number_or_null(const Json& value, std::string_view name) {
  if (value.is_null()) return std::nullopt;
  if (value.is_int64()) return value.as_int64();
  return fail(Code::Invalid, std::string(name) + " must be a whole number, or null");
}

Result<std::optional<QueueSettings::Rate>> rate_or_null(const Json& value) {
  if (value.is_null()) return std::nullopt;
  const auto count = integer_at(value, "count"), within_ms = integer_at(value, "within_ms");
  if (!count || !within_ms) return fail(Code::Invalid, "rate must be null, or have count and within_ms, whole numbers");
  return QueueSettings::Rate{*count, *within_ms};
}

}  // namespace

Task<Result<HttpReply>> list_jobs(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::size_t limit, limit_of(request));
  JobFilter wanted{.queue = request.parameter("queue").value_or(""), .most = limit};
  if (const auto state = request.parameter("job_state"); state && !state->empty()) {
    wanted.state = job_state_from_name(*state);
    if (!wanted.state) co_return fail(Code::Invalid, "job_state is '" + one_line(*state, 40) + "', allowed: blocked, scheduled, ready, running, succeeded, failed, dead, cancelled");
  }
  if (const auto after = request.parameter("after"); after && !after->empty()) {
    ZO_CO_TRY(wanted.before, JobId::parse(*after, "job"));
  }
  ZO_CO_TRY(const std::vector<Job> jobs, co_await api.zo.jobs.list(request.principal.person, std::move(wanted)));
  JsonArray items;
  for (const Job& job : jobs) items.emplace_back(to_json(job));
  co_return json_reply({{"items", std::move(items)}, {"next", jobs.size() == limit ? Json(jobs.back().id.text()) : Json(nullptr)}});
}

Task<Result<HttpReply>> show_job(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JobId id, job_of(request));
  ZO_CO_TRY(const Job job, co_await api.zo.jobs.find(request.principal.person, id));
  co_return json_reply(to_json(job));
}

Task<Result<HttpReply>> why_job(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JobId id, job_of(request));
  ZO_CO_TRY(const Why why, co_await api.zo.jobs.why(request.principal.person, id));
  JsonObject body{{"id", id.text()}, {"state", job_state_name(why.state)}, {"why", why.text}};
  if (!why.advice.empty()) body["try"] = why.advice;
  co_return json_reply(body);
}

Task<Result<HttpReply>> show_job_log(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JobId id, job_of(request));
  ZO_CO_TRY(const std::int64_t after, number_of(request, "after", 0));
  ZO_CO_OK(co_await api.zo.jobs.find(request.principal.person, id));
  ZO_CO_TRY(const std::vector<JobLine> lines, co_await api.zo.jobs.log(request.principal.person, id, after));
  JsonArray items;
  for (const JobLine& line : lines) items.push_back(JsonObject{{"number", line.number}, {"at", to_rfc3339(line.at)}, {"text", line.text}});
  co_return json_reply({{"items", std::move(items)}});
}

Task<Result<HttpReply>> cancel_job(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JobId id, job_of(request));
  ZO_CO_TRY(const Job job, co_await api.zo.jobs.cancel(request.principal.person, id));
  co_return json_reply(to_json(job));
}

Task<Result<HttpReply>> retry_job(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JobId id, job_of(request));
  ZO_CO_TRY(const Job job, co_await api.zo.jobs.retry(request.principal.person, id));
  co_return json_reply(to_json(job));
}

Task<Result<HttpReply>> list_queues(ApiState& api, ApiRequest& request) { co_return co_await queues_reply(api, request.principal.person); }

Task<Result<HttpReply>> set_queue(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  QueueChange change{.name = request.path.at("name")};
  if (const Json* paused = body.if_contains("paused")) {
    if (!paused->is_bool()) co_return fail(Code::Invalid, "paused must be true or false");
    change.paused = paused->as_bool();
  }
  if (const Json* at_once = body.if_contains("at_once")) {
    ZO_CO_TRY(change.at_once, number_or_null(*at_once, "at_once"));
  }
  if (const Json* rate = body.if_contains("rate")) {
    ZO_CO_TRY(change.rate, rate_or_null(*rate));
  }
  ZO_CO_OK(co_await api.zo.jobs.change(std::move(change)));
  co_return co_await queues_reply(api, request.principal.person);
}

}  // namespace zo
