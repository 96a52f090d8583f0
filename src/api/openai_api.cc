// /v1: the OpenAI dialect. `zo` is an agent run of ours; `provider/model` is the bare model with the client's own tools.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/json.hpp>

#include "agent/answer.h"
#include "api/handlers.h"
#include "api/openai_request.h"
#include "api/reply.h"
#include "api/state.h"
#include "async/deadline.h"
#include "async/pipe.h"
#include "base/log.h"

namespace zo {
namespace {

// What every chunk and reply of one completion has in common.
struct Envelope {
  std::string id;
  std::int64_t created;
  std::string model;

  JsonObject object(std::string_view kind) const { return {{"id", id}, {"object", kind}, {"created", created}, {"model", model}}; }

  std::string chunk(JsonObject delta, Json finish) const {
    JsonObject body = object("chat.completion.chunk");
    body["choices"] = JsonArray{JsonObject{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish)}}};
    return "data: " + to_text(body) + "\n\n";
  }
};

JsonObject usage_json(const Usage& usage) {
  return {{"prompt_tokens", usage.input_tokens},
          {"completion_tokens", usage.output_tokens},
          {"total_tokens", usage.input_tokens + usage.output_tokens},
          {"prompt_tokens_details", JsonObject{{"cached_tokens", usage.cached_tokens}}}};
}

std::string last_chunks(const Envelope& envelope, const ChatCompletion& wanted, std::string_view finish, const Usage& usage) {
  std::string out = envelope.chunk({}, Json(finish));
  if (wanted.include_usage) {
    JsonObject body = envelope.object("chat.completion.chunk");
    body["choices"] = JsonArray{};
    body["usage"] = usage_json(usage);
    out += "data: " + to_text(body) + "\n\n";
  }
  return out + "data: [DONE]\n\n";
}

std::string error_chunk(const Error& error) { return "data: " + error_reply(error, ErrorShape::OpenAi).body + "\n\ndata: [DONE]\n\n"; }

HttpReply whole_reply(const Envelope& envelope, JsonObject message, std::string_view finish, const Usage& usage) {
  JsonObject body = envelope.object("chat.completion");
  body["choices"] = JsonArray{JsonObject{{"index", 0}, {"message", std::move(message)}, {"finish_reason", finish}, {"logprobs", nullptr}}};
  body["usage"] = usage_json(usage);
  return json_reply(body);
}

// --- zo: an agent run ---------------------------------------------------------------------------------------------------------

Task<Result<Started>> start_agent(ApiState& api, ApiRequest& request, ChatCompletion& wanted) {
  RunRequest run = run_request(request);
  run.instructions = wanted.request.instructions;
  run.response_schema = wanted.request.response_schema;
  run.text = wanted.request.messages.back().text;
  wanted.request.messages.pop_back();
  if (wanted.conversation.empty()) {
    for (ModelMessage& message : wanted.request.messages)
      if (message.role != ModelMessage::Role::Tool && !message.text.empty()) run.history.push_back(std::move(message));
  } else if (const auto ours = ConversationId::parse(wanted.conversation, "conversation")) {
    run.conversation = *ours;
  } else {
    // An id of the client's own: the same one always means the same conversation.
    ZO_CO_TRY(const Conversation named,
              co_await api.zo.conversations.create(request.principal.person, "", std::nullopt, "chat-id:" + wanted.conversation));
    run.conversation = named.id;
  }
  co_return co_await api.zo.agents.start(std::move(run));
}

// Of OpenAI's words those that an answer without tool calls can have.
std::string_view agent_finish(const AnswerReader& answer) {
  const std::string& reason = answer.finish_reason();
  return reason == "length" || reason == "content_filter" ? std::string_view(reason) : "stop";
}

Task<void> write_agent(AnswerReader& answer, HttpResponder& out, Envelope envelope, const ChatCompletion& wanted) {
  std::string bytes = envelope.chunk({{"role", "assistant"}, {"content", ""}}, nullptr);
  for (;;) {
    const Result<std::vector<AnswerPart>> parts = co_await answer.next();
    const bool over = !parts || parts->empty();
    if (!over)
      for (const AnswerPart& part : *parts)
        if (!part.text.empty()) bytes += envelope.chunk({{"content", part.text}}, nullptr);
    if (over) bytes += answer.done() ? last_chunks(envelope, wanted, agent_finish(answer), answer.usage()) : error_chunk(answer.error());
    if (!bytes.empty()) {
      const bool taken = co_await out.write(std::move(bytes));
      if (!taken) co_return;
    }
    if (over) co_return;
    bytes.clear();
  }
}

HttpReply agent_reply(const Envelope& envelope, const AnswerReader& answer, const Result<>& read) {
  if (!read || !answer.done()) return final_error_reply(read ? answer.error() : read.error(), ErrorShape::OpenAi);
  JsonObject message{{"role", "assistant"}, {"content", answer.final_text()}, {"refusal", nullptr}};
  return whole_reply(envelope, std::move(message), agent_finish(answer), answer.usage());
}

// Stops the run that a request has begun when its reader leaves, however that shows: this handler is cancelled, or cannot write.
// A message that another's run took in, or a request that came twice, has begun none; one that can come twice, by its key, wants its answer
// then. A revocation of the token decides by itself
// what becomes of its runs.
class StopsWithItsReader {
 public:
  StopsWithItsReader(ApiState& api, const Principal& principal, const Started& started, bool background)
      : api_(api), principal_(principal), run_(started.run.id), armed_(!background && !started.queued && !started.repeated) {}
  ~StopsWithItsReader() {
    const bool revoked = principal_.life && principal_.life->over();
    if (armed_ && !revoked) api_.zo.agents.abandon(principal_.person, run_);
  }
  StopsWithItsReader(const StopsWithItsReader&) = delete;
  StopsWithItsReader& operator=(const StopsWithItsReader&) = delete;

 private:
  ApiState& api_;
  const Principal& principal_;
  RunId run_;
  bool armed_;
};

Task<bool> gone(HttpResponder& out) {
  co_await out.client_gone();
  co_return true;
}

// Reads to the end; Cancelled when the reader leaves before.
Task<Result<>> finish_unless_gone(AnswerReader& answer, HttpResponder& out) {
  Task<Result<>> reading = answer.finish();
  Task<bool> leaving = gone(out);
  auto race = first_of(std::move(reading), std::move(leaving));
  const std::variant<Result<>, bool> first = co_await std::move(race);
  if (const Result<>* read = std::get_if<Result<>>(&first)) co_return *read;
  co_return fail(Code::Cancelled, "the connection was closed before the answer was there", "\"background\": true lets a run go on without it");
}

Task<Result<>> complete_by_agent(ApiState& api, ApiRequest& request, HttpResponder& out, ChatCompletion wanted) {
  ZO_CO_TRY(const Started started, co_await start_agent(api, request, wanted));
  const StopsWithItsReader stops(api, request.principal, started, wanted.background || !request.key().empty());
  ZO_CO_TRY(const std::unique_ptr<Watcher> watcher, co_await api.zo.agents.watch(request.principal.person, started.run.id, 0));
  const Envelope envelope{fmt::format("chatcmpl-{}", started.run.id.text()), started.run.created_at / 1'000, "zo"};
  const Header named{"x-conversation-id", started.run.conversation_id.string()};
  const AnswerWish::Text text = wanted.request.response_schema.empty() ? AnswerWish::Text::AsItComes : AnswerWish::Text::Whole;
  AnswerReader answer(*watcher, {question_of(started), text});
  if (wanted.stream) {
    const bool open = co_await out.begin_events({named});
    if (open) co_await write_agent(answer, out, envelope, wanted);
    co_return Result<>{};
  }
  const Result<> read = co_await finish_unless_gone(answer, out);
  HttpReply reply = agent_reply(envelope, answer, read);
  reply.headers.push_back(named);
  co_await out.reply(std::move(reply));
  co_return Result<>{};
}

// Clients of this dialect ask again by themselves: they are told soon.
constexpr std::int64_t kClientsPatienceMs = 5'000;

// --- provider/model: the bare model ---------------------------------------------------------------------------------------------

std::string delta_chunk(const Envelope& envelope, const Delta& delta) {
  if (const auto* text = std::get_if<delta::Text>(&delta)) return envelope.chunk({{"content", text->text}}, nullptr);
  if (const auto* reasoning = std::get_if<delta::Reasoning>(&delta)) return envelope.chunk({{"reasoning_content", reasoning->text}}, nullptr);
  if (const auto* start = std::get_if<delta::CallStart>(&delta)) {
    JsonObject call{{"index", start->index}, {"id", start->id}, {"type", "function"}, {"function", JsonObject{{"name", start->name}, {"arguments", ""}}}};
    return envelope.chunk({{"tool_calls", JsonArray{std::move(call)}}}, nullptr);
  }
  if (const auto* arguments = std::get_if<delta::CallArguments>(&delta)) {
    JsonObject call{{"index", arguments->index}, {"function", JsonObject{{"arguments", arguments->text}}}};
    return envelope.chunk({{"tool_calls", JsonArray{std::move(call)}}}, nullptr);
  }
  return "";
}

// What the provider sent beside its text and calls (signatures, blocks of thinking), for a client that sends it back with the turn.
JsonArray kept_details(const std::string& opaque) {
  return JsonArray{JsonObject{{"type", "reasoning.encrypted"}, {"format", kKeptFormat}, {"data", opaque}}};
}

std::string kept_chunk(const Envelope& envelope, const std::string& opaque) {
  return opaque.empty() ? "" : envelope.chunk({{"reasoning_details", kept_details(opaque)}}, nullptr);
}

JsonObject reply_message(const ModelReply& reply) {
  JsonObject message{{"role", "assistant"}, {"content", reply.text.empty() && !reply.calls.empty() ? Json(nullptr) : Json(reply.text)}, {"refusal", nullptr}};
  if (!reply.reasoning.empty()) message["reasoning_content"] = reply.reasoning;
  if (!reply.opaque.empty()) message["reasoning_details"] = kept_details(reply.opaque);
  if (reply.calls.empty()) return message;
  JsonArray calls;
  for (const ModelCall& call : reply.calls)
    calls.emplace_back(JsonObject{{"id", call.id}, {"type", "function"}, {"function", JsonObject{{"name", call.name}, {"arguments", call.arguments}}}});
  message["tool_calls"] = std::move(calls);
  return message;
}

// Deltas on their way from the model to the reader. Those that do not fit any more are lost, and the end says so.
Task<void> ask_model(ApiState& api, const ApiRequest& request, const ModelProfile& profile, ChatCompletion& wanted, Envelope envelope, Pipe<std::string>& pipe) {
  bool lost = false;
  auto on_delta = [&pipe, &envelope, &lost](const Delta& delta) {
    std::string bytes = delta_chunk(envelope, delta);
    if (!bytes.empty() && !pipe.try_push(std::move(bytes))) lost = true;
  };
  const Result<ModelReply> reply = co_await api.zo.models.stream(profile, std::move(wanted.request), std::move(on_delta));
  if (reply) {
    const Result<> counted = co_await api.zo.budget.add(request.principal.person, profile, reply->usage);
    if (!counted) log_error("api", "what a model used could not be counted: " + counted.error().message);
  }
  const Error too_slow{Code::Exhausted, fmt::format("this reader left more than {} pieces of the answer waiting, the limit; some are lost", limits::kEventsInAPipe),
                       "read faster, or ask without stream"};
  std::string end = !reply ? error_chunk(reply.error())
                    : lost ? error_chunk(too_slow)
                           : kept_chunk(envelope, reply->opaque) + last_chunks(envelope, wanted, finish_name(reply->finish), reply->usage);
  co_await pipe.push(std::move(end));
  pipe.close();
}

Task<void> copy_pipe(Pipe<std::string>& pipe, HttpResponder& out) {
  while (std::optional<std::string> bytes = co_await pipe.next()) {
    const bool taken = co_await out.write(std::move(*bytes));
    if (!taken) co_return;
  }
}

Task<Result<>> complete_by_model(ApiState& api, ApiRequest& request, HttpResponder& out, ChatCompletion wanted) {
  using namespace asio::experimental::awaitable_operators;
  ZO_CO_TRY(const ModelProfile profile, co_await api.zo.models.resolve(request.principal.person, wanted.model, request.principal.models));
  ZO_CO_OK(co_await api.zo.budget.check(request.principal.person, profile));
  wanted.request.person = request.principal.person;
  wanted.request.patience_ms = kClientsPatienceMs;
  const Executor executor = co_await asio::this_coro::executor;
  const TimeMs now = api.zo.world.clock.now();
  const Envelope envelope{fmt::format("chatcmpl-{}", Id<struct CompletionKind>::make(api.zo.world.dice, now).text()), now / 1'000, profile.name};
  if (!wanted.stream) {
    ZO_CO_TRY(const ModelReply reply, co_await api.zo.models.stream(profile, std::move(wanted.request), [](const Delta&) {}));
    ZO_CO_OK(co_await api.zo.budget.add(request.principal.person, profile, reply.usage));
    co_await out.reply(whole_reply(envelope, reply_message(reply), finish_name(reply.finish), reply.usage));
    co_return Result<>{};
  }
  const bool open = co_await out.begin_events({});
  if (!open) co_return Result<>{};
  Pipe<std::string> pipe(executor, limits::kEventsInAPipe);
  pipe.try_push(envelope.chunk({{"role", "assistant"}, {"content", ""}}, nullptr));
  co_await (ask_model(api, request, profile, wanted, envelope, pipe) && copy_pipe(pipe, out));
  co_return Result<>{};
}

}  // namespace

Task<Result<>> chat_completions(ApiState& api, ApiRequest& request, HttpResponder& out) {
  ZO_CO_TRY(ChatCompletion wanted, read_chat_completion(request));
  if (wanted.agent) co_return co_await complete_by_agent(api, request, out, std::move(wanted));
  co_return co_await complete_by_model(api, request, out, std::move(wanted));
}

Task<Result<HttpReply>> list_openai_models(ApiState& api, ApiRequest& request) {
  JsonArray data{JsonObject{{"id", "zo"}, {"object", "model"}, {"created", 0}, {"owned_by", "zoclone"}}};
  for (const ModelInfo& model : co_await api.zo.models.list(request.principal.person, request.principal.models))
    data.emplace_back(JsonObject{{"id", model.name}, {"object", "model"}, {"created", 0}, {"owned_by", model.provider}});
  co_return json_reply({{"object", "list"}, {"data", std::move(data)}});
}

Task<Result<HttpReply>> show_openai_model(ApiState& api, ApiRequest& request) {
  const std::string& id = request.path.at("model");
  if (id != "zo") ZO_CO_OK(co_await api.zo.models.resolve(request.principal.person, id, request.principal.models));
  co_return json_reply({{"id", id}, {"object", "model"}, {"created", 0}, {"owned_by", id == "zo" ? "zoclone" : id.substr(0, id.find('/'))}});
}

}  // namespace zo
