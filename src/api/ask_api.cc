// POST /zo/ask, byte-compatible with Zo's published API: three event names, 422 in FastAPI's shape. A failure has the status of its kind.
#include <boost/json.hpp>

#include "agent/answer.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/wire/approval.h"
#include "api/wire/run_event.h"
#include "net/sse.h"

namespace zo {
namespace {

struct AskBody {
  RunRequest run;
  bool stream = false;
  bool wants_object = false;
};

Result<AskBody> read_ask(const ApiRequest& request) {
  ZO_TRY(const JsonObject body, body_of(request));
  AskBody ask{.run = run_request(request)};
  ZO_TRY(ask.run.text, required_text(body, "input"));
  ZO_TRY(const std::optional<std::string> conversation, optional_text(body, "conversation_id"));
  if (conversation) {
    ZO_TRY(ask.run.conversation, ConversationId::parse(*conversation, "conversation"));
  }
  ZO_TRY(const std::optional<std::string> model, optional_text(body, "model_name"));
  ask.run.model = model.value_or("");
  ZO_TRY(const std::optional<std::string> persona, optional_text(body, "persona_id"));
  if (persona) return fail(Code::Invalid, "there is no persona '" + *persona + "'", "leave persona_id out");
  ZO_TRY(const std::optional<std::string> memory, optional_text(body, "memory_mode"));
  if (memory && *memory != "enabled" && *memory != "off")
    return fail(Code::Invalid, "memory_mode is '" + *memory + "', allowed: enabled, off");
  if (const Json* format = find(body, "output_format")) {
    const JsonObject* schema = format->if_object();
    if (schema == nullptr || string_at(*format, "type") != "object" || object_at(*format, "properties") == nullptr)
      return fail(Code::Invalid, "output_format must be a JSON Schema whose root has type 'object' and properties");
    ask.run.response_schema = to_text(*format);
    ask.wants_object = true;
  }
  ZO_TRY(ask.stream, truth_of(body, "stream"));
  return ask;
}

Json output_of(const AnswerReader& answer, bool wants_object) {
  if (!wants_object) return Json(answer.final_text());
  return parse_json(answer.final_text(), "the answer").value_or(Json(answer.final_text()));
}

// Our other events keep their names: a client that knows only the three ignores them.
std::string frames_of(const AnswerPart& part) {
  std::string out;
  if (!part.text.empty()) out += to_sse("", "FrontendModelResponse", to_text(JsonObject{{"content", part.text}}));
  const RunEvent& what = part.event->what;
  const bool is_told = std::holds_alternative<event::Text>(what) || std::holds_alternative<event::MessagePartial>(what) ||
                       std::holds_alternative<event::RunFinished>(what);
  if (!is_told) out += to_sse("", kind_of(what), event_text(*part.event));
  return out;
}

// What a person is asked about that run.
Task<Result<Json>> asked_json(ApiState& api, PersonId person, RunId run) {
  ZO_CO_TRY(const std::vector<Approval> asked, co_await api.zo.agents.approvals(person, {ApprovalState::Asked, run}));
  JsonArray items;
  for (const Approval& one : asked) items.emplace_back(to_json(one));
  co_return Json(std::move(items));
}

Task<void> write_answer(AnswerReader& answer, HttpResponder& out, bool wants_object) {
  for (;;) {
    const Result<std::vector<AnswerPart>> parts = co_await answer.next();
    if (!parts || parts->empty()) break;
    std::string bytes;
    for (const AnswerPart& part : *parts) bytes += frames_of(part);
    if (bytes.empty()) continue;
    const bool taken = co_await out.write(std::move(bytes));
    if (!taken) co_return;
  }
  JsonObject end;
  if (wants_object && answer.done()) end["output"] = output_of(answer, true);
  std::string last = answer.done() ? to_sse("", "End", to_text(end))
                                   : to_sse("", "Error", to_text(JsonObject{{"message", sentence(answer.error())}}));
  co_await out.write(std::move(last));
}

}  // namespace

Task<Result<>> ask(ApiState& api, ApiRequest& request, HttpResponder& out) {
  ZO_CO_TRY(AskBody wanted, read_ask(request));
  ZO_CO_TRY(const Started started, co_await api.zo.agents.start(std::move(wanted.run)));
  ZO_CO_TRY(const std::unique_ptr<Watcher> watcher, co_await api.zo.agents.watch(request.principal.person, started.run.id, 0));
  const std::string conversation = started.run.conversation_id.string();
  const AnswerWish::Text text = wanted.wants_object ? AnswerWish::Text::Whole : AnswerWish::Text::AsItComes;
  AnswerReader answer(*watcher, {question_of(started), text});
  if (wanted.stream) {
    const bool open = co_await out.begin_events({{"x-conversation-id", conversation}});
    if (open) co_await write_answer(answer, out, wanted.wants_object);
    co_return Result<>{};
  }
  ZO_CO_OK(co_await answer.finish());
  JsonObject body{{"conversation_id", conversation}, {"run_id", started.run.id.text()}};
  if (answer.done()) body["output"] = output_of(answer, wanted.wants_object);
  else body["error"] = sentence(answer.error());
  if (answer.waits()) {
    body["status"] = "waiting";
    ZO_CO_TRY(body["approvals"], co_await asked_json(api, request.principal.person, started.run.id));
  }
  if (answer.done() && answer.finish_reason() != "stop") body["finish_reason"] = answer.finish_reason();
  HttpReply reply = json_reply(body, answer.waits() ? 202 : answer.done() ? 200 : http_status(answer.error().code));
  reply.headers.push_back({"x-conversation-id", conversation});
  co_await out.reply(std::move(reply));
  co_return Result<>{};
}

Task<Result<HttpReply>> models_available(ApiState& api, ApiRequest& request) {
  const std::vector<ModelInfo> models = co_await api.zo.models.list(request.principal.person, request.principal.models);
  JsonArray items;
  for (const ModelInfo& model : models)
    items.emplace_back(JsonObject{{"model_name", model.name},
                                  {"label", model.label},
                                  {"vendor", model.provider},
                                  {"description", model.detail.empty() ? Json(nullptr) : Json(model.detail)},
                                  {"type", nullptr},
                                  {"context_window", model.context_tokens > 0 ? Json(model.context_tokens) : Json(nullptr)},
                                  {"is_byok", model.source == ModelSource::Environment}});
  co_return json_reply({{"models", std::move(items)}});
}

}  // namespace zo
