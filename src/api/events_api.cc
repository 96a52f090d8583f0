// The person feed: what changed, each thing as it stands when it is told, so that who reads this need not ask for it.
#include <boost/json.hpp>

#include "api/computer_json.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/wire/approval.h"
#include "api/wire/automation.h"
#include "api/wire/job.h"
#include "api/wire/records.h"
#include "net/sse.h"

namespace zo {
namespace {

struct Told {
  std::string_view kind;
  JsonObject data;
};

// `found` as `what`; what is not there any more is told as gone.
template <class Record>
Result<Told> told(std::string_view what, const Notice& notice, const Result<Record>& found) {
  if (found) return Told{what, JsonObject{{what, to_json(*found)}}};
  if (found.error().code != Code::NotFound) return std::unexpected(found.error());
  return Told{"gone", JsonObject{{"what", what}, {"id", notice.id}}};
}

Task<Result<Told>> look_up(ApiState& api, PersonId person, bool is_person, Notice notice) {
  switch (notice.what) {
    case Notice::What::Everything: co_return Told{"reset", JsonObject{}};
    case Notice::What::Conversation: {
      const auto found = co_await api.zo.conversations.find(person, ConversationId::stored(notice.id));
      co_return told("conversation", notice, found);
    }
    case Notice::What::Run: {
      const auto found = co_await api.zo.agents.find(person, RunId::stored(notice.id));
      co_return told("run", notice, found);
    }
    case Notice::What::Approval: {
      const auto found = co_await api.zo.agents.find_approval(person, ApprovalId::stored(notice.id));
      co_return told("approval", notice, found);
    }
    case Notice::What::Job: {
      const auto found = co_await api.zo.jobs.find(person, JobId::stored(notice.id));
      co_return told("job", notice, found);
    }
    case Notice::What::Automation: {
      const auto found = co_await api.zo.automations.find(person, notice.id);
      if (found && is_person) co_return Told{"automation", JsonObject{{"automation", whole_json(*found, api.address)}}};
      co_return told("automation", notice, found);
    }
    case Notice::What::Models: {
      JsonObject models = co_await models_json(api, person);
      JsonObject answering = co_await answering_model_json(api, person);
      co_return Told{"models", JsonObject{{"models", std::move(models)}, {"model", std::move(answering)}}};
    }
  }
  ZO_CHECK(false);
}

}  // namespace

Task<Result<>> watch_changes(ApiState& api, ApiRequest& request, HttpResponder& out) {
  ZO_CO_TRY(const std::optional<std::int64_t> after, cursor_of(request));
  NoticeReader reader = api.zo.notices.listen(request.principal.person, after);
  bool open = co_await out.begin_events({});
  while (open) {
    const std::vector<NoticeReader::Heard> batch = co_await reader.next();
    if (batch.empty()) break;
    std::string bytes;
    for (const auto& [number, notice] : batch) {
      ZO_CO_TRY(Told told, co_await look_up(api, request.principal.person, request.principal.is_person, notice));
      told.data["number"] = number;
      bytes += to_sse(std::to_string(number), told.kind, to_text(told.data));
    }
    open = co_await out.write(std::move(bytes));
  }
  if (open) co_await out.write(to_sse("", "end", R"({"reason":"server_stopping"})"));
  co_return Result<>{};
}

}  // namespace zo
