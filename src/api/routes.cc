// Every route of ZoClone on one screen. Scopes: Read, GET routes; Chat, also runs and conversations, and files that go along with what
// is said; All, everything.
#include <span>

#include "api/handlers.h"
#include "api/route.h"
#include "automation/automation.h"
#include "base/limits.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr auto Open = Guard::Open;
constexpr auto Person = Guard::Person;
constexpr auto Read = TokenScope::Read;
constexpr auto Chat = TokenScope::Chat;
constexpr auto All = TokenScope::All;

constexpr Route kRoutes[] = {
    {.method = "GET", .pattern = "/api/health", .guard = Open, .scope = Read, .plain = health,
     .summary = "Whether the server answers", .answer = "Health"},
    {.method = "GET", .pattern = "/openapi.json", .guard = Open, .scope = Read, .plain = show_openapi,
     .summary = "This description", .answer = "OpenApiDocument"},
    {.method = "GET", .pattern = "/docs", .guard = Open, .scope = Read, .plain = show_docs, .summary = "This description, for people"},
    {.method = "POST", .pattern = "/api/setup", .guard = Open, .scope = All, .plain = use_setup_link,
     .summary = "Trade the secret of a setup link for a session", .request = "Setup", .answer = "Session"},

    {.method = "POST", .pattern = "/zo/ask", .scope = Chat, .stream = ask,
     .summary = "One agent turn, whole or streamed", .request = "Ask", .answer = "Answer", .events = "AskEvent", .errors = ErrorShape::Zo},
    {.method = "GET", .pattern = "/models/available", .scope = Read, .plain = models_available,
     .summary = "The models that may be named", .answer = "AvailableModels", .errors = ErrorShape::Zo},

    {.method = "POST", .pattern = "/v1/chat/completions", .scope = Chat, .stream = chat_completions,
     .summary = "OpenAI Chat Completions: model 'zo' is an agent run, provider/model the bare model",
     .request = "ChatCompletionNew", .answer = "ChatCompletion", .events = "ChatCompletionChunk", .parameters = "X-Chat-Id", .errors = ErrorShape::OpenAi},
    {.method = "GET", .pattern = "/v1/models", .scope = Read, .plain = list_openai_models,
     .summary = "Models in the OpenAI shape", .answer = "OpenAiModelList", .errors = ErrorShape::OpenAi},
    {.method = "GET", .pattern = "/v1/models/{model}", .scope = Read, .plain = show_openai_model,
     .summary = "One model in the OpenAI shape", .answer = "OpenAiModel", .errors = ErrorShape::OpenAi},

    {.method = "GET", .pattern = "/api/conversations", .scope = Read, .plain = list_conversations,
     .summary = "Conversations, newest activity first", .answer = "ConversationPage", .parameters = "search after limit"},
    {.method = "POST", .pattern = "/api/conversations", .scope = Chat, .plain = create_conversation,
     .summary = "A new, empty conversation", .request = "ConversationChange", .answer = "Conversation", .repeated = Repeated::AskedAgain},
    {.method = "GET", .pattern = "/api/conversations/{id}", .scope = Read, .plain = show_conversation,
     .summary = "One conversation", .answer = "Conversation"},
    {.method = "PATCH", .pattern = "/api/conversations/{id}", .scope = Chat, .plain = change_conversation,
     .summary = "Rename it, or choose its model", .request = "ConversationChange", .answer = "Conversation"},
    {.method = "DELETE", .pattern = "/api/conversations/{id}", .scope = Chat, .plain = delete_conversation,
     .summary = "Delete it with all that was said"},
    {.method = "GET", .pattern = "/api/conversations/{id}/export", .scope = Read, .plain = export_conversation,
     .summary = "Download it", .answer = "ConversationExport", .parameters = "format"},
    {.method = "GET", .pattern = "/api/conversations/{id}/messages", .scope = Read, .plain = list_messages,
     .summary = "Its messages, oldest first", .answer = "MessagePage", .parameters = "after limit"},
    {.method = "GET", .pattern = "/api/conversations/{id}/messages/{message_id}/versions/{number}", .scope = Read, .plain = show_version,
     .summary = "What stood in a message's place before it, and behind that, until it was replaced; number 1 is the oldest",
     .answer = "MessagePage", .parameters = "after limit"},
    {.method = "POST", .pattern = "/api/conversations/{id}/messages", .scope = Chat, .plain = post_message,
     .summary = "Say something: starts a run, or is queued into the one that works",
     .request = "MessageNew", .answer = "Started", .repeated = Repeated::AskedAgain},
    {.method = "POST", .pattern = "/api/conversations/{id}/messages/{message_id}/edit", .scope = Chat, .plain = edit_message,
     .summary = "Replace a message and all after it, and answer anew",
     .request = "MessageEdit", .answer = "Started", .repeated = Repeated::AskedAgain},
    {.method = "POST", .pattern = "/api/conversations/{id}/messages/{message_id}/regenerate", .scope = Chat, .plain = regenerate_message,
     .summary = "Answer anew", .answer = "Started"},
    {.method = "DELETE", .pattern = "/api/conversations/{id}/messages/{message_id}", .scope = Chat, .plain = remove_message,
     .summary = "Take a queued message back"},

    {.method = "GET", .pattern = "/api/runs", .scope = Read, .plain = list_runs,
     .summary = "Runs, newest first", .answer = "RunPage", .parameters = "conversation_id state after limit"},
    {.method = "GET", .pattern = "/api/runs/{id}", .scope = Read, .plain = show_run, .summary = "One run", .answer = "Run"},
    {.method = "GET", .pattern = "/api/runs/{id}/events", .scope = Read, .stream = watch_run,
     .summary = "Its events as SSE", .events = "RunEvent", .parameters = "after Last-Event-ID"},
    {.method = "POST", .pattern = "/api/runs/{id}/cancel", .scope = Chat, .plain = cancel_run, .summary = "Stop it", .answer = "Run"},
    {.method = "DELETE", .pattern = "/api/runs/{id}/outputs", .scope = Chat, .plain = free_outputs,
     .summary = "Delete the whole outputs of its tool calls, to make room; also on a full disk",
     .answer = "FreedOutputs", .repeated = Repeated::NotKept},
    {.method = "GET", .pattern = "/api/tool-calls/{id}/output", .scope = Read, .plain = show_output,
     .summary = "The whole output of a tool call, as text"},

    {.method = "GET", .pattern = "/api/jobs", .scope = Read, .plain = list_jobs,
     .summary = "Jobs, those that are over among them, the newest first; a run is a job of the queue 'runs' with the run's id",
     .answer = "JobPage", .parameters = "queue job_state after limit"},
    {.method = "GET", .pattern = "/api/jobs/{id}", .scope = Read, .plain = show_job, .summary = "One job, and what became of it so far", .answer = "Job"},
    {.method = "GET", .pattern = "/api/jobs/{id}/why", .scope = Read, .plain = why_job, .summary = "Why it stands as it does, in words", .answer = "JobWhy"},
    {.method = "GET", .pattern = "/api/jobs/{id}/log", .scope = Read, .plain = show_job_log,
     .summary = "What its worker has said, the oldest first", .answer = "JobLog", .parameters = "after"},
    {.method = "POST", .pattern = "/api/jobs/{id}/cancel", .scope = Chat, .plain = cancel_job, .summary = "End it; one that works is told to stop", .answer = "Job"},
    {.method = "POST", .pattern = "/api/jobs/{id}/retry", .guard = Person, .scope = Chat, .plain = retry_job,
     .summary = "Once more what has ended badly; of a run: another one that goes on in its conversation", .answer = "Job"},
    {.method = "GET", .pattern = "/api/queues", .scope = Read, .plain = list_queues, .summary = "The queues: what waits, what runs, what bounds them", .answer = "QueueList"},
    {.method = "PATCH", .pattern = "/api/queues/{name}", .scope = All, .plain = set_queue,
     .summary = "Pause it, or bound it; * pauses all", .request = "QueueChange", .answer = "QueueList"},

    {.method = "GET", .pattern = "/api/automations", .scope = Read, .plain = list_automations, .summary = "What starts agents without being asked", .answer = "AutomationList"},
    {.method = "POST", .pattern = "/api/automations", .guard = Person, .scope = All, .plain = add_automation,
     .summary = "A new one", .request = "AutomationNew", .answer = "Automation"},
    {.method = "POST", .pattern = "/api/automations/preview", .scope = Read, .plain = preview_automation,
     .summary = "When a rule would come, before anything is kept", .request = "RuleToPreview", .answer = "RulePreview", .repeated = Repeated::NotKept},
    {.method = "GET", .pattern = "/api/automations/{name}", .scope = Read, .plain = show_automation,
     .summary = "One, by its name or its id, and when it comes next", .answer = "AutomationShown"},
    {.method = "PATCH", .pattern = "/api/automations/{name}", .guard = Person, .scope = All, .plain = change_automation,
     .summary = "What it does from now on", .request = "AutomationChange", .answer = "Automation"},
    {.method = "DELETE", .pattern = "/api/automations/{name}", .scope = All, .plain = remove_automation, .summary = "Remove it, with its history; what it runs is stopped"},
    {.method = "POST", .pattern = "/api/automations/{name}/run", .guard = Person, .scope = All, .plain = run_automation,
     .summary = "One time more, now; its times stay as they are", .answer = "Occurrence"},
    {.method = "POST", .pattern = "/api/automations/{name}/pause", .scope = All, .plain = pause_automation, .summary = "Nothing of it begins", .answer = "Automation"},
    {.method = "POST", .pattern = "/api/automations/{name}/resume", .guard = Person, .scope = All, .plain = resume_automation,
     .summary = "It goes on from its next time; what was due meanwhile is not made up for", .answer = "Automation"},
    {.method = "GET", .pattern = "/api/automations/{name}/history", .scope = Read, .plain = show_automation_history,
     .summary = "What came of each time, the newest first", .answer = "OccurrencePage", .parameters = "after limit"},
    {.method = "GET", .pattern = "/api/calendar", .scope = Read, .plain = show_calendar,
     .summary = "What automations did and will do between two times", .answer = "Calendar", .parameters = "from until"},
    {.method = "POST", .pattern = "/hooks/{id}/{secret}", .guard = Open, .scope = All, .plain = call_hook,
     .summary = "Start an automation by its link; the body is told to it", .answer = "HookCalled", .body_bytes = limits::kHookBodyBytes, .repeated = Repeated::AskedAgain},
    {.method = "POST", .pattern = "/hooks/{id}", .guard = Open, .scope = All, .plain = call_hook,
     .summary = "The same, where the body is signed: X-Hub-Signature-256 is sha256= and HMAC-SHA-256 with the link's secret", .answer = "HookCalled",
     .parameters = "X-Hub-Signature-256", .body_bytes = limits::kHookBodyBytes, .repeated = Repeated::AskedAgain},
    {.method = "GET", .pattern = "/api/mail", .scope = Read, .plain = show_mail, .summary = "The server by which e-mail is sent", .answer = "MailSettings"},
    {.method = "PUT", .pattern = "/api/mail", .guard = Person, .scope = All, .plain = set_mail,
     .summary = "Send e-mail by that server; its password goes into the vault", .request = "MailServerNew", .answer = "MailSettings", .repeated = Repeated::SecretOnce},
    {.method = "DELETE", .pattern = "/api/mail", .guard = Person, .scope = All, .plain = remove_mail, .summary = "Send no e-mail any more"},
    {.method = "POST", .pattern = "/api/mail/test", .guard = Person, .scope = All, .plain = test_mail, .summary = "Send one, now", .request = "MailTest", .repeated = Repeated::NotKept},

    {.method = "GET", .pattern = "/api/events", .scope = Read, .stream = watch_changes,
     .summary = "What changes, as SSE: each thing as it stands when it is told", .events = "Change", .parameters = "after Last-Event-ID"},

    {.method = "GET", .pattern = "/api/files", .scope = Read, .plain = list_files,
     .summary = "A folder of the workspace", .answer = "Folder", .parameters = "path"},
    {.method = "GET", .pattern = "/api/files/content", .scope = Read, .stream = download_file,
     .summary = "A file of the workspace, as an attachment; a part of it, if asked for one", .parameters = "path Range"},
    {.method = "PUT", .pattern = "/api/files/content", .scope = Chat, .plain = upload_file,
     .summary = "Put a file into the workspace; with the scope chat a new one at its top, if the token's tools read files", .answer = "FileStored", .parameters = "path replace", .body_limit = Limit::UploadSize},
    {.method = "DELETE", .pattern = "/api/files/content", .scope = All, .plain = remove_file,
     .summary = "Remove a file, or an empty folder, from the workspace, for good", .parameters = "path", .repeated = Repeated::NotKept},
    {.method = "GET", .pattern = "/api/files/entry", .scope = Read, .plain = show_file,
     .summary = "What stands at a path of the workspace", .answer = "FileEntry", .parameters = "path"},
    {.method = "POST", .pattern = "/api/files/folders", .scope = All, .plain = make_folder,
     .summary = "A new folder, with those above it that are missing", .request = "Path", .answer = "FilePath"},
    {.method = "POST", .pattern = "/api/files/move", .scope = All, .plain = move_file,
     .summary = "Another name, or another folder; never over what is there", .request = "FileMove", .answer = "FilePath"},
    {.method = "POST", .pattern = "/api/files/trash", .scope = All, .plain = trash_file,
     .summary = "Delete a file, or a folder with all that is in it, so that it can be put back for 30 days",
     .request = "Path", .answer = "TrashedFile", .repeated = Repeated::NotKept},
    {.method = "GET", .pattern = "/api/files/trash", .scope = Read, .plain = list_trash,
     .summary = "What was deleted and can be put back, the newest first", .answer = "TrashedFiles"},
    {.method = "DELETE", .pattern = "/api/files/trash", .scope = All, .plain = empty_trash,
     .summary = "Remove all that was deleted, for good", .repeated = Repeated::NotKept},
    {.method = "POST", .pattern = "/api/files/trash/{id}/restore", .scope = All, .plain = restore_file,
     .summary = "Put it back where it was; never over what is there", .answer = "FilePath", .repeated = Repeated::NotKept},
    {.method = "DELETE", .pattern = "/api/files/trash/{id}", .scope = All, .plain = discard_file,
     .summary = "Remove it for good", .repeated = Repeated::NotKept},
    {.method = "POST", .pattern = "/api/files/links", .scope = Read, .plain = link_file,
     .summary = "A link to a file that works for five minutes without a token", .request = "Path", .answer = "FileLink"},
    {.method = "GET", .pattern = "/files/{link}", .guard = Open, .scope = Read, .stream = follow_link,
     .summary = "The file of such a link", .parameters = "Range"},

    {.method = "GET", .pattern = "/api/computer", .scope = Read, .plain = show_computer,
     .summary = "This computer: version, workspace, model, sandbox, limits", .answer = "ComputerInfo"},
    {.method = "POST", .pattern = "/api/computer/setup-done", .scope = All, .plain = finish_setup, .summary = "The first setup is done"},
    {.method = "PUT", .pattern = "/api/workspace", .scope = All, .plain = use_workspace,
     .summary = "Use another folder as the workspace from the next start on", .request = "Path", .answer = "WorkspaceChosen"},
    {.method = "PUT", .pattern = "/api/workspace/quota", .scope = All, .plain = set_quota,
     .summary = "What one run may add to the workspace; null: what is usual", .request = "Quota", .answer = "QuotaInForce"},
    {.method = "GET", .pattern = "/api/limits", .scope = Read, .plain = list_limits,
     .summary = "The limits that you can change: each with its bounds and what it protects", .answer = "LimitList"},
    {.method = "PUT", .pattern = "/api/limits/{name}", .scope = All, .plain = set_limit,
     .summary = "Another value, for what begins from now on; null: the usual", .request = "LimitValue", .answer = "Limit"},
    {.method = "GET", .pattern = "/api/examples", .scope = Read, .plain = list_examples,
     .summary = "Up to four things to ask that work here now", .answer = "ExampleList"},
    {.method = "GET", .pattern = "/api/tools", .scope = Read, .plain = list_tools, .summary = "The tools of the agent", .answer = "ToolList"},
    {.method = "GET", .pattern = "/api/models", .scope = Read, .plain = list_models,
     .summary = "The models known now, and the one that answers", .answer = "ModelList"},
    {.method = "PUT", .pattern = "/api/models/current", .scope = All, .plain = use_model,
     .summary = "Choose the model that answers", .request = "ModelChoice", .answer = "ModelList"},
    {.method = "GET", .pattern = "/api/models/quirks", .scope = Read, .plain = show_quirks,
     .summary = "What was learned of a model from its refusals", .answer = "ModelQuirks", .parameters = "model"},
    {.method = "DELETE", .pattern = "/api/models/quirks", .scope = All, .plain = forget_quirks,
     .summary = "Forget that: it is learned anew", .parameters = "model"},
    {.method = "POST", .pattern = "/api/models/test", .scope = All, .plain = test_model,
     .summary = "Really call a model", .request = "ModelToTest", .answer = "ModelTest"},

    {.method = "POST", .pattern = "/api/models/refresh", .scope = All, .plain = refresh_models,
     .summary = "Ask the providers of the keys which models they have", .answer = "ModelList", .repeated = Repeated::AskedAgain},
    {.method = "GET", .pattern = "/api/providers", .scope = Read, .plain = list_providers,
     .summary = "The providers that are known by name", .answer = "ProviderList"},
    {.method = "GET", .pattern = "/api/keys", .scope = Read, .plain = list_keys,
     .summary = "The keys of model providers, never with their values", .answer = "KeyList"},
    {.method = "POST", .pattern = "/api/keys", .scope = All, .plain = add_key,
     .summary = "Give a key; with base_url alone, of a provider of its own", .request = "KeyNew", .answer = "Key", .repeated = Repeated::AskedAgain},
    {.method = "POST", .pattern = "/api/keys/rotate", .scope = All, .plain = rotate_keys,
     .summary = "A new master key, and every key sealed anew", .answer = "KeysSealed", .repeated = Repeated::AskedAgain},
    {.method = "POST", .pattern = "/api/keys/{name}/use", .scope = All, .plain = choose_key,
     .summary = "The key that is used at its provider", .answer = "KeyList"},
    {.method = "POST", .pattern = "/api/keys/{name}/test", .scope = All, .plain = test_key,
     .summary = "Really call its provider", .answer = "KeyTest", .repeated = Repeated::AskedAgain},
    {.method = "POST", .pattern = "/api/keys/{name}/take", .scope = All, .plain = take_key,
     .summary = "Take a key of the environment, named by its variable, into the vault", .answer = "Key", .repeated = Repeated::AskedAgain},
    {.method = "DELETE", .pattern = "/api/keys/{name}", .scope = All, .plain = remove_key, .summary = "Remove a key for good"},
    {.method = "GET", .pattern = "/api/secrets", .scope = Read, .plain = list_secrets,
     .summary = "The secrets that commands use without having them, never with their values", .answer = "SecretList"},
    {.method = "POST", .pattern = "/api/secrets", .scope = All, .plain = set_secret,
     .summary = "Give a secret for one host, or another in its place", .request = "SecretNew", .answer = "Secret", .repeated = Repeated::AskedAgain},
    {.method = "DELETE", .pattern = "/api/secrets/{name}", .scope = All, .plain = remove_secret, .summary = "Remove a secret for good"},
    {.method = "GET", .pattern = "/api/door/rules", .scope = Read, .plain = list_door_rules,
     .summary = "Who may be reached beyond public addresses at the usual ports", .answer = "DoorRuleList"},
    {.method = "POST", .pattern = "/api/door/rules", .guard = Person, .scope = All, .plain = allow_host,
     .summary = "Let a host be reached", .request = "DoorRuleNew", .answer = "DoorRule"},
    {.method = "DELETE", .pattern = "/api/door/rules", .guard = Person, .scope = All, .plain = revoke_host,
     .summary = "Take that back", .parameters = "host private"},
    {.method = "GET", .pattern = "/api/door/log", .scope = Read, .plain = show_door_log,
     .summary = "What went out and what was refused, the newest 500 first", .answer = "EgressLog", .parameters = "run"},

    {.method = "GET", .pattern = "/api/approvals", .scope = Read, .plain = list_approvals,
     .summary = "What a person is, or was, asked, the newest first", .answer = "ApprovalList", .parameters = "approval_state run"},
    {.method = "GET", .pattern = "/api/approvals/hook", .scope = Read, .plain = show_hook,
     .summary = "Where a person is told that something waits", .answer = "Hook"},
    {.method = "PUT", .pattern = "/api/approvals/hook", .guard = Person, .scope = All, .plain = set_hook,
     .summary = "Tell a person elsewhere, as JSON or as ntfy takes it, when something waits; null: no longer", .request = "Hook", .answer = "Hook"},
    {.method = "GET", .pattern = "/api/approvals/{id}", .scope = Read, .plain = show_approval,
     .summary = "One question: the exact call, and whom it tells something", .answer = "Approval"},
    {.method = "POST", .pattern = "/api/approvals/{id}/allow", .guard = Person, .scope = Chat, .plain = allow_approval,
     .summary = "Yes, once, or for all such calls; the run goes on", .request = "ApprovalAllowed", .answer = "Approval"},
    {.method = "POST", .pattern = "/api/approvals/{id}/refuse", .guard = Person, .scope = Chat, .plain = refuse_approval,
     .summary = "No; the note is told to the model, and the run goes on", .request = "ApprovalRefused", .answer = "Approval"},
    {.method = "GET", .pattern = "/api/policies", .scope = Read, .plain = list_policies,
     .summary = "Who is asked before a tool is used: what is usual, and the rules", .answer = "PolicyList"},
    {.method = "PUT", .pattern = "/api/policies", .guard = Person, .scope = All, .plain = set_policy,
     .summary = "A rule for a tool, in place of one for the same", .request = "PolicyNew", .answer = "Policy"},
    {.method = "DELETE", .pattern = "/api/policies/{id}", .guard = Person, .scope = All, .plain = remove_policy, .summary = "Take a rule back"},

    {.method = "POST", .pattern = "/api/setup-links", .guard = Person, .scope = All, .plain = make_setup_link,
     .summary = "A new setup link", .answer = "SetupLink", .repeated = Repeated::SecretOnce},
    {.method = "GET", .pattern = "/api/tokens", .scope = All, .plain = list_tokens, .summary = "The tokens", .answer = "TokenList"},
    {.method = "POST", .pattern = "/api/tokens", .scope = All, .plain = create_token,
     .summary = "A new token; its secret is shown once", .request = "TokenNew", .answer = "TokenMade", .repeated = Repeated::SecretOnce},
    {.method = "DELETE", .pattern = "/api/tokens/{id}", .scope = All, .plain = revoke_token,
     .summary = "Revoke a token; 'current' is the one of the request itself", .parameters = "runs"},
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
