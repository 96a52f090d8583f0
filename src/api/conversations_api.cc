#include <boost/json.hpp>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/sse_writer.h"
#include "api/state.h"
#include "api/wire/records.h"
#include "base/text.h"
#include "sandbox/egress_words.h"

namespace zo {
namespace {

template <class Item>
HttpReply page_reply(const Page<Item>& page) {
  JsonArray items;
  for (const Item& item : page.items) items.emplace_back(to_json(item));
  return json_reply({{"items", std::move(items)}, {"next", page.next.empty() ? Json(nullptr) : Json(page.next)}});
}

Result<ConversationId> conversation_of(const ApiRequest& request) { return ConversationId::parse(request.path.at("id"), "conversation"); }
Result<RunId> run_of(const ApiRequest& request) { return RunId::parse(request.path.at("id"), "run"); }
Result<MessageId> message_of(const ApiRequest& request) { return MessageId::parse(request.path.at("message_id"), "message"); }

// As paths in the workspace: a run is told of files that are there.
Task<Result<std::vector<std::string>>> attached_files(ApiState& api, const Principal& who, const JsonObject& body) {
  ZO_CO_TRY(std::vector<std::string> files, text_list(body, "files"));
  if (files.size() > limits::kInputFiles)
    co_return fail(Code::Invalid, fmt::format("the message has {} files, limit {}", files.size(), limits::kInputFiles),
                   "put them into one folder and name it in the text");
  if (files.empty()) co_return files;
  ZO_CO_OK(may_attach(who));
  ZO_CO_TRY(Files& workspace, api.zo.workspaces.of(who.person));
  for (std::string& file : files) {
    Result<std::string> found = co_await workspace.find(file);
    if (!found) co_return fail(Code::Invalid, "files: " + found.error().message, found.error().advice);
    file = *std::move(found);
  }
  co_return files;
}

HttpReply started_reply(const Started& started) {
  JsonObject body{{"run", to_json(started.run)}};
  if (!started.message.id.empty()) body["message"] = to_json(started.message);
  return json_reply(body, 202);
}

std::string attachment_name(const Conversation& conversation, std::string_view ending) {
  std::string name;
  for (char c : conversation.title) name += (static_cast<unsigned char>(c) < 0x80 && std::isalnum(c) != 0) ? c : '-';
  return (name.empty() ? "conversation" : name.substr(0, 60)) + std::string(ending);
}

}  // namespace

Task<Result<HttpReply>> list_conversations(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::size_t limit, limit_of(request));
  ZO_CO_TRY(const Page<Conversation> page,
            co_await api.zo.conversations.list(request.principal.person, request.parameter("search").value_or(""),
                                               request.parameter("after").value_or(""), limit));
  co_return page_reply(page);
}

Task<Result<HttpReply>> create_conversation(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(const std::optional<std::string> title, optional_text(body, "title"));
  ZO_CO_TRY(const std::optional<std::string> model, optional_text(body, "model"));
  if (model) ZO_CO_OK(co_await api.zo.models.resolve(request.principal.person, *model, request.principal.models));
  ZO_CO_TRY(const Conversation made,
            co_await api.zo.conversations.create(request.principal.person, api.zo.vault.redactor()->redact(title.value_or("")), model, request.key()));
  co_return json_reply(to_json(made), 201);
}

Task<Result<HttpReply>> show_conversation(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const ConversationId id, conversation_of(request));
  ZO_CO_TRY(const Conversation found, co_await api.zo.conversations.find(request.principal.person, id));
  co_return json_reply(to_json(found));
}

Task<Result<HttpReply>> change_conversation(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const ConversationId id, conversation_of(request));
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ConversationChange wanted;
  ZO_CO_TRY(wanted.title, optional_text(body, "title"));
  if (wanted.title) wanted.title = api.zo.vault.redactor()->redact(*wanted.title);
  ZO_CO_TRY(wanted.model, optional_text(body, "model"));
  wanted.clear_model = !wanted.model && body.contains("model");
  if (wanted.model) ZO_CO_OK(co_await api.zo.models.resolve(request.principal.person, *wanted.model, request.principal.models));
  // Whoever may not choose the model that was chosen may not take it away either.
  if (wanted.clear_model && !request.principal.models.all) {
    ZO_CO_TRY(const Conversation present, co_await api.zo.conversations.find(request.principal.person, id));
    if (present.model) ZO_CO_OK(co_await api.zo.models.resolve(request.principal.person, *present.model, request.principal.models));
  }
  ZO_CO_TRY(const std::optional<std::string> egress, optional_text(body, "egress"));
  if (egress) {
    if (!request.principal.is_person)
      co_return fail(Code::Denied, "what a conversation reaches of the network is for a person to say", "change it on the page, or with zo conversations egress on this machine");
    ZO_CO_TRY(wanted.egress, egress_words(*egress));
  }
  ZO_CO_TRY(const Conversation changed, co_await api.zo.conversations.change(request.principal.person, id, std::move(wanted)));
  co_return json_reply(to_json(changed));
}

Task<Result<HttpReply>> delete_conversation(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const ConversationId id, conversation_of(request));
  ZO_CO_OK(co_await api.zo.conversations.remove(request.principal.person, id));
  co_return empty_reply();
}

Task<Result<HttpReply>> export_conversation(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const ConversationId id, conversation_of(request));
  const std::string format = request.parameter("format").value_or("json");
  if (format != "json" && format != "markdown") co_return fail(Code::Invalid, "format is '" + format + "', allowed: json, markdown");
  ZO_CO_TRY(const Conversation found, co_await api.zo.conversations.find(request.principal.person, id));
  std::vector<Message> all;
  for (std::string after = "0"; !after.empty();) {
    ZO_CO_TRY(Page<Message> page,
              co_await api.zo.conversations.messages(request.principal.person, id, std::stoll(after), limits::kPageItems));
    for (Message& message : page.items) all.push_back(std::move(message));
    after = page.next;
  }
  HttpReply reply;
  if (format == "markdown") {
    reply = {200, {{"Content-Type", "text/markdown; charset=utf-8"}}, to_markdown(found, all)};
  } else {
    JsonArray messages;
    for (const Message& message : all) messages.emplace_back(to_json(message));
    reply = json_reply({{"conversation", to_json(found)}, {"messages", std::move(messages)}});
  }
  reply.headers.push_back(
      {"Content-Disposition", "attachment; filename=\"" + attachment_name(found, format == "json" ? ".json" : ".md") + "\""});
  co_return reply;
}

Task<Result<HttpReply>> list_messages(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const ConversationId id, conversation_of(request));
  ZO_CO_TRY(const std::size_t limit, limit_of(request));
  ZO_CO_TRY(const std::int64_t after, number_of(request, "after", 0));
  ZO_CO_TRY(const Page<Message> page, co_await api.zo.conversations.messages(request.principal.person, id, after, limit));
  co_return page_reply(page);
}

Task<Result<HttpReply>> show_version(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const ConversationId id, conversation_of(request));
  ZO_CO_TRY(const MessageId message, message_of(request));
  ZO_CO_TRY(const std::size_t limit, limit_of(request));
  ZO_CO_TRY(const std::int64_t after, number_of(request, "after", 0));
  const std::string& text = request.path.at("number");
  const std::optional<std::uint64_t> number = to_whole_number(text);
  if (!number)
    co_return fail(Code::Invalid, "'" + text + "' is no number of a version", "1 is the oldest");
  ZO_CO_TRY(const Page<Message> page, co_await api.zo.conversations.version(request.principal.person, id, message, *number, after, limit));
  co_return page_reply(page);
}

Task<Result<HttpReply>> post_message(ApiState& api, ApiRequest& request) {
  RunRequest wanted = run_request(request);
  ZO_CO_TRY(wanted.conversation, conversation_of(request));
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(wanted.text, required_text(body, "text"));
  ZO_CO_TRY(wanted.files, co_await attached_files(api, request.principal, body));
  ZO_CO_TRY(const std::optional<std::string> model, optional_text(body, "model"));
  wanted.model = model.value_or("");
  ZO_CO_TRY(const Started started, co_await api.zo.agents.start(std::move(wanted)));
  co_return started_reply(started);
}

Task<Result<HttpReply>> edit_message(ApiState& api, ApiRequest& request) {
  RunRequest wanted = run_request(request);
  ZO_CO_TRY(wanted.conversation, conversation_of(request));
  ZO_CO_TRY(const MessageId message, message_of(request));
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(wanted.text, required_text(body, "text"));
  ZO_CO_TRY(const Started started, co_await api.zo.agents.edit(std::move(wanted), message));
  co_return started_reply(started);
}

Task<Result<HttpReply>> regenerate_message(ApiState& api, ApiRequest& request) {
  RunRequest wanted = run_request(request);
  ZO_CO_TRY(wanted.conversation, conversation_of(request));
  ZO_CO_TRY(const MessageId message, message_of(request));
  ZO_CO_TRY(const Started started, co_await api.zo.agents.regenerate(std::move(wanted), message));
  co_return started_reply(started);
}

Task<Result<HttpReply>> remove_message(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const ConversationId id, conversation_of(request));
  ZO_CO_TRY(const MessageId message, message_of(request));
  ZO_CO_OK(co_await api.zo.conversations.remove_queued(request.principal.person, id, message));
  co_return empty_reply();
}

Task<Result<HttpReply>> list_runs(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const std::size_t limit, limit_of(request));
  std::optional<ConversationId> conversation;
  if (const auto wanted = request.parameter("conversation_id"); wanted && !wanted->empty()) {
    ZO_CO_TRY(conversation, ConversationId::parse(*wanted, "conversation"));
  }
  std::optional<RunState> state;
  if (const auto wanted = request.parameter("state"); wanted && !wanted->empty()) {
    state = run_state_from_name(*wanted);
    if (!state) co_return fail(Code::Invalid, "state is '" + *wanted + "', allowed: running, waiting, done, failed, cancelled, limited");
  }
  ZO_CO_TRY(const Page<ListedRun> page, co_await api.zo.conversations.runs(request.principal.person, conversation, state,
                                                                     request.parameter("after").value_or(""), limit));
  co_return page_reply(page);
}

Task<Result<HttpReply>> show_run(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const RunId id, run_of(request));
  ZO_CO_TRY(const Run run, co_await api.zo.agents.find(request.principal.person, id));
  ZO_CO_TRY(const std::vector<LeftFile> left, co_await api.zo.agents.left(request.principal.person, id));
  JsonObject out = to_json(run);
  if (!left.empty()) out["left"] = to_json(left);
  co_return json_reply(std::move(out));
}

Task<Result<HttpReply>> cancel_run(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const RunId id, run_of(request));
  ZO_CO_TRY(const Run run, co_await api.zo.agents.cancel(request.principal.person, id));
  co_return json_reply(to_json(run));
}

Task<Result<>> watch_run(ApiState& api, ApiRequest& request, HttpResponder& out) {
  ZO_CO_TRY(const RunId id, run_of(request));
  ZO_CO_TRY(const std::optional<std::int64_t> after, cursor_of(request));
  ZO_CO_TRY(const std::unique_ptr<Watcher> watcher, co_await api.zo.agents.watch(request.principal.person, id, after.value_or(0)));
  const bool open = co_await out.begin_events({});
  if (open) co_await copy_run(*watcher, out);
  co_return Result<>{};
}

Task<Result<HttpReply>> free_outputs(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const RunId id, run_of(request));
  ZO_CO_TRY(const FreedOutputs freed, co_await api.zo.conversations.free_outputs(request.principal.person, id));
  co_return json_reply({{"outputs", freed.outputs}, {"freed_bytes", freed.bytes}});
}

Task<Result<HttpReply>> show_output(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const ToolCallId id, ToolCallId::parse(request.path.at("id"), "tool call"));
  ZO_CO_TRY(std::string text, co_await api.zo.conversations.output(request.principal.person, id));
  co_return HttpReply{200, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text)};
}

}  // namespace zo
