#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>

#include "api/computer_json.h"
#include "api/handlers.h"
#include "api/openapi.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/wire/records.h"
#include "async/offload.h"
#include "base/version.h"
#include "os/workspace.h"
#include "store/settings.h"

namespace zo {
namespace {

JsonObject to_json(const ModelInfo& model) {
  JsonObject out{{"name", model.name}, {"label", model.label}, {"provider", model.provider}, {"source", source_name(model.source)}, {"state", state_name(model.state)}};
  if (!model.detail.empty()) out["detail"] = model.detail;
  if (model.size_bytes > 0) out["size_bytes"] = model.size_bytes;
  if (model.context_tokens > 0) out["context_tokens"] = model.context_tokens;
  return out;
}

Task<Result<HttpReply>> models_reply(ApiState& api, const PersonId& person) { co_return json_reply(co_await models_json(api, person)); }

}  // namespace

Task<JsonObject> models_json(ApiState& api, PersonId person) {
  JsonArray items;
  for (const ModelInfo& model : co_await api.zo.models.list(person)) items.emplace_back(to_json(model));
  const Result<ModelProfile> current = co_await api.zo.models.resolve(person, "");
  co_return JsonObject{{"items", std::move(items)}, {"current", current ? Json(current->name) : Json(nullptr)}};
}

Task<JsonObject> answering_model_json(ApiState& api, PersonId person) {
  const Result<ModelProfile> current = co_await api.zo.models.resolve(person, "");
  const std::string source = co_await api.zo.models.source_of_choice(person, "");
  if (!current) co_return JsonObject{{"name", nullptr}, {"source", source}, {"state", "failed"}, {"detail", current.error().message}};
  JsonObject model{{"name", current->name}, {"label", current->name}, {"source", source}, {"state", "ready"}};
  for (const ModelInfo& info : co_await api.zo.local.models(person)) {
    if (info.name != current->name) continue;
    model = to_json(info);
    model["source"] = source;
  }
  co_return model;
}

Task<Result<HttpReply>> health(ApiState&, ApiRequest&) { co_return json_reply({{"status", "ok"}}); }

Task<Result<HttpReply>> show_computer(ApiState& api, ApiRequest& request) {
  const PersonId& person = request.principal.person;
  ZO_CO_TRY(const Files& files, api.zo.workspaces.of(person));
  const SandboxState sandbox = co_await api.zo.sandbox.check();
  JsonObject sandbox_json{{"ok", sandbox.ok}};
  if (!sandbox.ok) sandbox_json["reason"] = sandbox.reason;
  if (!sandbox.ok) sandbox_json["try"] = sandbox.advice;
  ZO_CO_TRY(const Spent spent, co_await api.zo.budget.spent_today(person));
  ZO_CO_TRY(const std::optional<std::string> done, co_await read_setting(api.zo.store, person, "setup_done"));
  JsonObject model = co_await answering_model_json(api, person);
  co_return json_reply({{"version", kVersion},
                        {"pid", ::getpid()},
                        {"address", api.address},
                        {"workspace", files.root()},
                        {"home", api.zo.home.folder},
                        {"model", std::move(model)},
                        {"sandbox", std::move(sandbox_json)},
                        {"limits", JsonObject{{"steps_a_run", api.zo.limits.of(person, Limit::StepsARun)},
                                              {"tokens_a_day", api.zo.limits.of(person, Limit::TokensADay)},
                                              {"tokens_today", spent.tokens},
                                              {"workspace_bytes_a_run", files.new_allowance(api.zo.limits.chosen(person, Limit::DiskARun)).bytes_max}}},
                        {"setup_done", done.has_value()}});
}

Task<Result<HttpReply>> finish_setup(ApiState& api, ApiRequest& request) {
  ZO_CO_OK(co_await write_setting(api.zo.store, request.principal.person, "setup_done", "yes"));
  co_return empty_reply();
}

Task<Result<HttpReply>> use_workspace(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(const std::string path, required_text(body, "path"));
  if (!path.starts_with('/')) co_return fail(Code::Invalid, "'" + path + "' is not an absolute path");
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) co_return fail(Code::NotFound, "there is no folder " + path, "make it first");
  auto check = [path, closed = api.zo.home.closed()] { return check_workspace_choice(path, closed); };
  ZO_CO_OK(co_await offload(api.zo.threads, std::move(check)));
  ZO_CO_OK(api.zo.workspaces.of(request.principal.person));
  ZO_CO_OK(co_await write_workspace_choice(api.zo.store, request.principal.person, path));
  co_return json_reply({{"path", path}, {"from_next_start", true}});
}

Task<Result<HttpReply>> set_quota(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  const Json* wanted = body.if_contains("bytes");  // null says something
  if (wanted == nullptr || !(wanted->is_null() || (wanted->is_int64() && wanted->as_int64() > 0)))
    co_return fail(Code::Invalid, "bytes must be a number above 0, or null for what is usual");
  const auto bytes = wanted->is_null() ? std::nullopt : std::optional(wanted->as_int64());
  ZO_CO_TRY(const Files& files, api.zo.workspaces.of(request.principal.person));
  ZO_CO_OK(co_await api.zo.limits.set(request.principal.person, Limit::DiskARun, bytes));
  co_return json_reply({{"bytes", files.new_allowance(bytes).bytes_max}});
}

Task<Result<HttpReply>> list_examples(ApiState& api, ApiRequest& request) {
  const SandboxState sandbox = co_await api.zo.sandbox.check();
  const Allowance& allowance = request.principal.tools;
  JsonArray items;
  const JsonObject model = co_await answering_model_json(api, request.principal.person);
  const std::string_view state = model.at("state").as_string();
  if (state == "failed" || state == "not_installed") co_return json_reply({{"items", std::move(items)}});
  const auto offer = [&](std::string_view tool, std::string_view text, std::string_view why) {
    if (allowance.allows(tool) && (tool != "shell" || sandbox.ok)) items.emplace_back(JsonObject{{"text", text}, {"why", why}});
  };
  offer("write_file", "Write a haiku about rain into haiku.txt.", "writes a file");
  offer("shell", "What day of the week is it today?", "runs a command in the sandbox");
  offer("list_files", "What is in my workspace?", "looks around the workspace");
  offer("shell", "How much disk space is free?", "runs a command in the sandbox");
  co_return json_reply({{"items", std::move(items)}});
}

Task<Result<HttpReply>> list_tools(ApiState& api, ApiRequest& request) {
  JsonArray items;
  for (const OfferedTool& tool : api.zo.tools.offered(request.principal.tools))
    items.emplace_back(JsonObject{{"name", tool.name}, {"description", tool.description}, {"parameters", parse_json(tool.parameters, tool.name).value_or(nullptr)}});
  co_return json_reply({{"items", std::move(items)}});
}

Task<Result<HttpReply>> list_models(ApiState& api, ApiRequest& request) { co_return co_await models_reply(api, request.principal.person); }

Task<Result<HttpReply>> use_model(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(const std::optional<std::string> name, optional_text(body, "name"));
  if (!request.principal.models.all)
    co_return fail(Code::Denied, "this token may not choose the model that answers", "make one with: zo token create --name NAME --scope all --models all");
  ZO_CO_OK(co_await api.zo.models.use(request.principal.person, name.value_or("")));
  co_return co_await models_reply(api, request.principal.person);
}

namespace {

Result<std::string> model_of(const ApiRequest& request) {
  const std::optional<std::string> model = request.parameter("model");
  if (model && !model->empty()) return *model;
  return fail(Code::Invalid, "which model? '?model=provider/name' names it", "zo model list");
}

}  // namespace

Task<Result<HttpReply>> show_quirks(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::string model, model_of(request));
  ZO_CO_TRY(const ModelProfile profile, co_await api.zo.models.resolve(request.principal.person, model, request.principal.models));
  ZO_CO_TRY(const LearnedFacts facts, co_await api.zo.models.learned(request.principal.person, profile.name));
  JsonArray items;
  for (const auto& [name, fact] : facts)
    items.emplace_back(JsonObject{{"fact", name}, {"text", fact_words(name, fact.value)}, {"learned_at", to_rfc3339(fact.at)}});
  co_return json_reply({{"name", profile.name}, {"context_tokens", profile.context_tokens}, {"tool_calls", profile.tool_calls == ToolCalls::Native ? "native" : "blocks"}, {"items", std::move(items)}});
}

Task<Result<HttpReply>> forget_quirks(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::string model, model_of(request));
  ZO_CO_OK(co_await api.zo.models.forget(request.principal.person, model));
  co_return HttpReply{.status = 204};
}

Task<Result<HttpReply>> refresh_models(ApiState& api, ApiRequest& request) {
  ZO_CO_OK(co_await api.zo.models.refresh(request.principal.person));
  co_return co_await models_reply(api, request.principal.person);
}

// Really calls it, with a question that every model can answer.
Task<Result<HttpReply>> test_model(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(const std::string name, required_text(body, "name"));
  ZO_CO_TRY(const ModelProfile profile, co_await api.zo.models.resolve(request.principal.person, name, request.principal.models));
  ModelRequest asked{.person = request.principal.person};
  asked.messages = {{.text = "Reply with the one word: ready"}};
  asked.tokens_max = 200;
  asked.patience_ms = 5'000;
  const std::int64_t began = api.zo.world.clock.steady_ms();
  const Result<ModelReply> reply = co_await api.zo.models.stream(profile, std::move(asked), [](const Delta&) {});
  if (!reply) co_return json_reply({{"ok", false}, {"error", to_json(reply.error())}});
  ZO_CO_OK(co_await api.zo.budget.add(request.principal.person, profile, reply->usage));
  co_return json_reply({{"ok", true}, {"reply", reply->text}, {"elapsed_ms", api.zo.world.clock.steady_ms() - began}});
}

// Made once, since anybody may ask for it as often as he likes.
Task<Result<HttpReply>> show_openapi(ApiState&, ApiRequest&) {
  static const HttpReply reply = json_reply(openapi_document());
  co_return reply;
}

}  // namespace zo
