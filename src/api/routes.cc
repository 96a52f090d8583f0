// Every route of ZoClone on one screen. Scopes: Read, GET routes; Chat, also runs and conversations; All, everything.
#include <span>

#include "api/handlers.h"
#include "api/route.h"
#include "base/limits.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr auto Open = Guard::Open;
constexpr auto Token = Guard::Token;
constexpr auto Read = TokenScope::Read;
constexpr auto Chat = TokenScope::Chat;
constexpr auto All = TokenScope::All;

// method, pattern, guard, scope, handler, stream handler, summary, request schema, answer schema, parameters
constexpr Route kRoutes[] = {
    {"GET", "/api/health", Open, Read, health, nullptr, "Whether the server answers", "", "Health"},
    {"GET", "/openapi.json", Open, Read, show_openapi, nullptr, "This description", "", "Object"},
    {"GET", "/docs", Open, Read, show_docs, nullptr, "This description, for people"},
    {"POST", "/api/setup", Open, All, use_setup_link, nullptr, "Trade the secret of a setup link for a session", "Setup", "Session"},

    {"POST", "/zo/ask", Token, Chat, nullptr, ask, "One agent turn, whole or streamed", "Ask", "Answer", "", ErrorShape::Zo},
    {"GET", "/models/available", Token, Read, models_available, nullptr, "The models that may be named", "", "Object", "", ErrorShape::Zo},

    {"POST", "/v1/chat/completions", Token, Chat, nullptr, chat_completions, "OpenAI Chat Completions: model 'zo' is an agent run, provider/model the bare model", "Object", "Object", "X-Chat-Id", ErrorShape::OpenAi},
    {"GET", "/v1/models", Token, Read, list_openai_models, nullptr, "Models in the OpenAI shape", "", "Object", "", ErrorShape::OpenAi},
    {"GET", "/v1/models/{model}", Token, Read, show_openai_model, nullptr, "One model in the OpenAI shape", "", "Object", "", ErrorShape::OpenAi},

    {"GET", "/api/conversations", Token, Read, list_conversations, nullptr, "Conversations, newest activity first", "", "ConversationPage", "search after limit"},
    {"POST", "/api/conversations", Token, Chat, create_conversation, nullptr, "A new, empty conversation", "ConversationChange", "Conversation", "", ErrorShape::Ours, limits::kHttpBodyBytes, Repeated::AskedAgain},
    {"GET", "/api/conversations/{id}", Token, Read, show_conversation, nullptr, "One conversation", "", "Conversation"},
    {"PATCH", "/api/conversations/{id}", Token, Chat, change_conversation, nullptr, "Rename it, or choose its model", "ConversationChange", "Conversation"},
    {"DELETE", "/api/conversations/{id}", Token, Chat, delete_conversation, nullptr, "Delete it with all that was said"},
    {"GET", "/api/conversations/{id}/export", Token, Read, export_conversation, nullptr, "Download it", "", "Object", "format"},
    {"GET", "/api/conversations/{id}/messages", Token, Read, list_messages, nullptr, "Its messages, oldest first", "", "MessagePage", "after limit"},
    {"POST", "/api/conversations/{id}/messages", Token, Chat, post_message, nullptr, "Say something: starts a run, or is queued into the one that works", "MessageNew", "Started", "", ErrorShape::Ours, limits::kHttpBodyBytes, Repeated::AskedAgain},
    {"POST", "/api/conversations/{id}/messages/{message_id}/edit", Token, Chat, edit_message, nullptr, "Replace a message and all after it, and answer anew", "MessageEdit", "Started", "", ErrorShape::Ours, limits::kHttpBodyBytes, Repeated::AskedAgain},
    {"POST", "/api/conversations/{id}/messages/{message_id}/regenerate", Token, Chat, regenerate_message, nullptr, "Answer anew", "", "Started"},
    {"DELETE", "/api/conversations/{id}/messages/{message_id}", Token, Chat, remove_message, nullptr, "Take a queued message back"},

    {"GET", "/api/runs", Token, Read, list_runs, nullptr, "Runs, newest first", "", "RunPage", "conversation_id state after limit"},
    {"GET", "/api/runs/{id}", Token, Read, show_run, nullptr, "One run", "", "Run"},
    {"GET", "/api/runs/{id}/events", Token, Read, nullptr, watch_run, "Its events as SSE", "", "", "after Last-Event-ID"},
    {"POST", "/api/runs/{id}/cancel", Token, Chat, cancel_run, nullptr, "Stop it", "", "Run"},
    {"DELETE", "/api/runs/{id}/outputs", Token, Chat, free_outputs, nullptr, "Delete the whole outputs of its tool calls, to make room; also on a full disk", "", "Object", "", ErrorShape::Ours, limits::kHttpBodyBytes, Repeated::NotKept},
    {"GET", "/api/tool-calls/{id}/output", Token, Read, show_output, nullptr, "The whole output of a tool call, as text"},

    {"GET", "/api/events", Token, Read, nullptr, watch_changes, "What changes, as SSE, each thing as it stands then: conversation, run, models; gone; reset: everything may have changed", "", "", "after Last-Event-ID"},

    {"GET", "/api/files", Token, Read, list_files, nullptr, "A folder of the workspace", "", "Object", "path"},
    {"GET", "/api/files/content", Token, Read, nullptr, download_file, "A file of the workspace, as an attachment", "", "", "path"},
    {"PUT", "/api/files/content", Token, All, upload_file, nullptr, "Put a file into the workspace", "", "Object", "path replace", ErrorShape::Ours, limits::kUploadBytes},
    {"DELETE", "/api/files/content", Token, All, remove_file, nullptr, "Remove a file, or an empty folder, from the workspace", "", "", "path", ErrorShape::Ours, limits::kHttpBodyBytes, Repeated::NotKept},
    {"POST", "/api/files/links", Token, Read, link_file, nullptr, "A link to a file that works for five minutes without a token", "Path", "Object"},
    {"GET", "/files/{link}", Open, Read, nullptr, follow_link, "The file of such a link"},

    {"GET", "/api/computer", Token, Read, show_computer, nullptr, "This computer: version, workspace, model, sandbox, limits", "", "Object"},
    {"POST", "/api/computer/setup-done", Token, All, finish_setup, nullptr, "The first setup is done"},
    {"PUT", "/api/workspace", Token, All, use_workspace, nullptr, "Use another folder as the workspace from the next start on", "Path", "Object"},
    {"PUT", "/api/workspace/quota", Token, All, set_quota, nullptr, "What one run may add to the workspace; null: what is usual", "Quota", "Object"},
    {"GET", "/api/examples", Token, Read, list_examples, nullptr, "Up to four things to ask that work here now", "", "Object"},
    {"GET", "/api/tools", Token, Read, list_tools, nullptr, "The tools of the agent", "", "Object"},
    {"GET", "/api/models", Token, Read, list_models, nullptr, "The models known now, and the one that answers", "", "Object"},
    {"PUT", "/api/models/current", Token, All, use_model, nullptr, "Choose the model that answers", "Name", "Object"},
    {"POST", "/api/models/test", Token, All, test_model, nullptr, "Really call a model", "Name", "Object"},

    {"POST", "/api/setup-links", Token, All, make_setup_link, nullptr, "A new setup link", "", "Object", "", ErrorShape::Ours, limits::kHttpBodyBytes, Repeated::SecretOnce},
    {"GET", "/api/tokens", Token, All, list_tokens, nullptr, "The tokens", "", "Object"},
    {"POST", "/api/tokens", Token, All, create_token, nullptr, "A new token; its secret is shown once", "TokenNew", "Object", "", ErrorShape::Ours, limits::kHttpBodyBytes, Repeated::SecretOnce},
    {"DELETE", "/api/tokens/{id}", Token, All, revoke_token, nullptr, "Revoke a token; 'current' is the one of the request itself", "", "", "runs"},
};

// "/v1/models/{model}" takes the rest of the path: model names hold slashes. Every other placeholder is one segment.
bool match_pattern(std::string_view pattern, std::string_view path, std::map<std::string, std::string, std::less<>>& values) {
  values.clear();
  while (!pattern.empty()) {
    if (pattern.front() != '{') {
      if (path.empty() || path.front() != pattern.front()) return false;
      pattern.remove_prefix(1);
      path.remove_prefix(1);
      continue;
    }
    const std::size_t close = pattern.find('}');
    const std::string_view name = pattern.substr(1, close - 1);
    const std::size_t end = name == "model" ? path.size() : std::min(path.find('/'), path.size());
    if (end == 0) return false;
    values.emplace(name, path.substr(0, end));
    pattern.remove_prefix(close + 1);
    path.remove_prefix(end);
  }
  return path.empty();
}

}  // namespace

std::optional<std::string> ApiRequest::parameter(std::string_view name) const {
  const std::vector<std::string_view> named = split(route->parameters, ' ');
  ZO_CHECK(std::ranges::find(named, name) != named.end());
  return http.parameter(name);
}

std::string ApiRequest::key() const {
  const std::string_view sent = http.header("idempotency-key");
  return sent.empty() ? std::string() : fmt::format("{}:{}", principal.token.text(), sent);
}

std::span<const Route> routes() { return kRoutes; }

RouteMatch match_route(std::string_view method, std::string_view path) {
  RouteMatch match;
  for (const Route& route : kRoutes) {
    std::map<std::string, std::string, std::less<>> values;
    if (!match_pattern(route.pattern, path, values)) continue;
    if (route.method == method || (route.method == "GET" && method == "HEAD")) return {&route, std::move(values), false};
    match.other_method = true;
  }
  return match;
}

}  // namespace zo
