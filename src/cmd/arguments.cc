#include "cmd/arguments.h"

#include "base/text.h"
#include "base/version.h"
#include "cmd/commands.h"
#include "cmd/line.h"
#include "cmd/serve.h"
#include "cmd/terminal.h"
#include "os/signal.h"
#include "sandbox/egress.h"

namespace zo {
namespace {

constexpr std::size_t kSuggestions = 1;

// Examples come first; they are kept where CLI11 keeps the last words of a help text.
class Help final : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    const bool alone = mode != CLI::AppFormatMode::Sub && !app->get_footer().empty();
    return (alone ? app->get_footer() + "\n\n" : "") + CLI::Formatter::make_help(app, std::move(name), mode);
  }
  std::string make_footer(const CLI::App*) const override { return {}; }
};

void add_serve(Line& line) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* app = add(line.app, "serve", "Run ZoClone here until SIGTERM", "zo serve\nzo serve --listen 127.0.0.1:0");
  const CLI::Option* listen = app->add_option("--listen", options->listen, "HOST:PORT; port 0 is any free one")->type_name("ADDRESS")->capture_default_str();
  app->add_flag("--quiet", options->quiet, "Only the address");
  line.runs[app] = [options, listen] {
    options->listen_given = listen->count() > 0;
    return serve(*options);
  };
}

void add_ask(Line& line) {
  auto options = std::make_shared<AskOptions>();
  CLI::App* app = add(line.app, "ask", "Ask one thing; only the answer goes to standard output",
                      "zo ask \"what is the sha256 of notes.txt?\"\ngit diff | zo ask \"review this\"");
  app->add_option("text", options->words, "The question; what is piped comes behind it, or in the place of a -: text, up to 1 MB with the question")->type_name("TEXT");
  app->add_option("--file", options->files, "Attach this file of this machine, up to 67 MB (zo limit list); may be repeated, up to 32 times")->type_name("PATH")->allow_extra_args(false);
  app->add_option("--conversation", options->conversation, "Ask in this conversation instead of a new one")->type_name("ID");
  app->add_option("--model", options->model, "provider/model, for this question")->type_name("NAME");
  app->add_flag("--quiet", options->quiet, "Only the last answer, at the end, and errors");
  add_json(app, options->json);
  add_server(app, options->server);
  line.runs[app] = [options, &line] {
    options->words.insert(options->words.end(), line.after_dashes.begin(), line.after_dashes.end());
    return ask(*options);
  };
}

void add_chat(Line& line) {
  auto options = std::make_shared<ChatOptions>();
  CLI::App* app = add(line.app, "chat", "Talk, with history and /commands; Alt-Enter, or a \\ at the end of a line, begins another line, and what is pasted is one message", "zo chat\nzo chat --continue\nzo chat --model openai/gpt-5-mini");
  CLI::Option* conversation = app->add_option("--conversation", options->conversation, "Go on with this conversation")->type_name("ID");
  app->add_flag("--continue", options->goes_on, "Go on with the last conversation")->excludes(conversation);
  app->add_option("--model", options->model, "provider/model, for this conversation")->type_name("NAME");
  add_server(app, options->server);
  runs(line, app, options, chat);
}

void add_conversations(Line& line) {
  auto options = std::make_shared<ConversationsOptions>();
  CLI::App* group = add(line.app, "conversations", "What was talked about", "zo conversations\nzo conversations --search invoice");
  CLI::App* list = add(*group, "list", "Newest first", "zo conversations list\nzo conversations list --search invoice --json");
  for (CLI::App* app : {group, list}) {
    app->add_option("--search", options->search, "Those with these words in the title or in what was said")->type_name("TEXT");
    add_json(app, options->json);
    add_server(app, options->server);
    runs(line, app, options, conversations_list);
  }
  CLI::App* egress = add(*group, "egress", "What the commands of its runs reach of the network; without words: what it is now",
                         "zo conversations egress 01J9Z… allowlist pip example.org\nzo conversations egress 01J9Z… off");
  egress->add_option("id", options->id, "The conversation's id")->type_name("ID")->required();
  egress->add_option("words", options->words, "off; open-public; or allowlist with presets (pip, npm, apt, cargo, go, git) and hosts")->type_name("WORDS");
  add_json(egress, options->json);
  add_server(egress, options->server);
  runs(line, egress, options, conversations_egress);
}

void add_stop(Line& line) {
  auto options = std::make_shared<StopOptions>();
  CLI::App* app = add(line.app, "stop", "Stop the ZoClone that runs on this home, and wait until it has gone", "zo stop\nZO_HOME=/srv/zo zo stop");
  app->add_flag("--quiet", options->quiet, "Only errors");
  runs(line, app, options, stop);
}

// What `zo help WORDS` says is what `zo WORDS --help` says: command_line() makes the one the other.
void add_help(Line& line) {
  CLI::App* app = add(line.app, "help", "How to use zo, or a command of it", "zo help\nzo help token create");
  line.runs[app] = [] { return 0; };
}

void add_runs(Line& line) {
  auto options = std::make_shared<RunsOptions>();
  CLI::App* group = add(line.app, "runs", "What the agent did and does", "zo runs\nzo runs show 01J9Z…");
  CLI::App* list = add(*group, "list", "Newest first", "zo runs list --state running\nzo runs list --json");
  for (CLI::App* app : {group, list}) {
    app->add_option("--state", options->state, "running, waiting, done, failed, cancelled or limited")->type_name("STATE");
    add_json(app, options->json);
    add_server(app, options->server);
    runs(line, app, options, runs_list);
  }
  CLI::App* show = add(*group, "show", "One run and its story", "zo runs show 01J9Z…\nzo runs show 01J9Z… --json");
  CLI::App* cancel = add(*group, "cancel", "Stop a run", "zo runs cancel 01J9Z…\nzo runs cancel 01J9Z… --json");
  CLI::App* free = add(*group, "free", "Delete the whole outputs of its commands, to make room; also on a full disk",
                       "zo runs free 01J9Z…\nzo runs free 01J9Z… --json");
  for (CLI::App* app : {show, cancel, free}) {
    app->add_option("id", options->id, "The run's id")->type_name("ID")->required();
    add_json(app, options->json);
    add_server(app, options->server);
  }
  runs(line, show, options, runs_show);
  runs(line, cancel, options, runs_cancel);
  runs(line, free, options, runs_free);
}

void add_file(Line& line) {
  auto options = std::make_shared<FileOptions>();
  CLI::App* group = add(line.app, "file", "The files of the workspace", "zo file list\nzo file remove build/big.log");
  CLI::App* list = add(*group, "list", "What is in a folder; without PATH the top of the workspace", "zo file list\nzo file list build --json");
  list->add_option("path", options->paths, "A folder of the workspace")->type_name("PATH")->expected(0, 1);
  add_json(list, options->json);
  CLI::App* remove = add(*group, "remove", "Remove files or empty folders; also on a full disk", "zo file remove build/big.log\nzo file remove a.txt b.txt");
  remove->add_option("path", options->paths, "Files of the workspace")->type_name("PATH")->required();
  for (CLI::App* app : {list, remove}) add_server(app, options->server);
  line.runs[list] = [options] { return file_list(*options); };
  line.runs[remove] = [options, &line] {
    options->paths.insert(options->paths.end(), line.after_dashes.begin(), line.after_dashes.end());
    return file_remove(*options);
  };
}

void add_token(Line& line) {
  auto options = std::make_shared<TokenOptions>();
  CLI::App* group = add(line.app, "token", "Who else may use this computer",
                        "zo token create --name laptop --scope all\nzo token list");
  CLI::App* create = add(*group, "create", "A new token, shown once",
                         "zo token create --name laptop --scope all\nzo token create --name bot --scope chat --tools read_file,list_files --json");
  create->add_option("--name", options->name, "Whose it is")->type_name("NAME")->required();
  create->add_option("--scope", options->scope, "all; chat: runs and conversations, with files if its tools read them; read: look only")->type_name("SCOPE")->required();
  create->add_option("--tools", options->tools, "all, none or names with commas: what runs under it may use")->type_name("LIST");
  create->add_option("--models", options->models, "chosen: the owner's choice alone; all; or names with commas beside it")->type_name("LIST");
  create->add_option("--egress", options->egress, "What commands of its runs reach: off, open-public, or 'allowlist HOST…'")->type_name("WORDS");
  create->add_option("--asks", options->asks, "What you would be asked about: wait for your answer, or refuse")->type_name("HOW");
  CLI::App* list = add(*group, "list", "The tokens that work", "zo token list\nzo token list --json");
  CLI::App* revoke = add(*group, "revoke", "Make a token useless", "zo token revoke 01J9Z…\nzo token revoke 01J9Z… --stop-runs");
  revoke->add_flag("--stop-runs", options->stop_runs, "Stop what it has begun, too; without this its runs go on");
  revoke->add_option("id", options->id, "The token's id")->type_name("ID")->required();
  for (CLI::App* app : {create, list}) add_json(app, options->json);
  for (CLI::App* app : {create, list, revoke}) add_server(app, options->server);
  runs(line, create, options, token_create);
  runs(line, list, options, token_list);
  runs(line, revoke, options, token_revoke);
}

void add_key(Line& line) {
  auto options = std::make_shared<KeyOptions>();
  CLI::App* group = add(line.app, "key", "Your own keys for providers of models and of search", "zo key add work --provider openai --stdin < key.txt\nzo key list");
  CLI::App* create = add(*group, "add", "Give a key; it is sealed, and never shown again",
                         "zo key add work --provider anthropic\nzo key add box --base-url http://10.0.0.5:8000/v1 --stdin < key.txt\nzo key add web --provider searxng --base-url http://127.0.0.1:8888");
  create->add_option("--provider", options->provider, "Its provider, by name; zo model list shows their models")->type_name("NAME");
  create->add_option("--base-url", options->base_url, "Another address than the provider's; without --provider a provider of its own")->type_name("URL");
  create->add_option("--dialect", options->dialect, "What is spoken at that address: openai, anthropic")->type_name("NAME");
  create->add_option("--header", options->headers, "One that is sent, too; may be given again")->type_name("'X-NAME: VALUE'");
  create->add_flag("--stdin", options->from_input, "Read the key from standard input");
  CLI::App* list = add(*group, "list", "The keys, without their values", "zo key list\nzo key list --json");
  CLI::App* use = add(*group, "use", "Choose the key of its provider", "zo key use work");
  CLI::App* test = add(*group, "test", "Really call the provider with it", "zo key test work");
  CLI::App* take = add(*group, "take", "Take one of the environment into the vault", "zo key take OPENAI_API_KEY");
  CLI::App* remove = add(*group, "remove", "Remove it for good", "zo key remove work");
  CLI::App* rotate = add(*group, "rotate", "A new master key, and every key sealed anew", "zo key rotate");
  for (CLI::App* app : {create, use, test, take, remove}) app->add_option("name", options->name, "The key's name")->type_name("NAME")->required();
  for (CLI::App* app : {create, list, test}) add_json(app, options->json);
  for (CLI::App* app : {create, list, use, test, take, remove, rotate}) add_server(app, options->server);
  runs(line, create, options, key_add);
  runs(line, list, options, key_list);
  runs(line, use, options, key_use);
  runs(line, test, options, key_test);
  runs(line, take, options, key_take);
  runs(line, remove, options, key_remove);
  runs(line, rotate, options, key_rotate);
}

void add_secret(Line& line) {
  auto options = std::make_shared<SecretOptions>();
  CLI::App* group = add(line.app, "secret", "Secrets that commands use without having them", "zo secret set github --host api.github.com --stdin < token.txt\nzo secret list");
  CLI::App* set = add(*group, "set", "Give a secret for one host, or another in its place; it is sealed, and never shown again",
                      "zo secret set github --host api.github.com\nzo secret set box --host 10.0.0.5:8443 --header 'X-Api-Key: {}' --stdin < key.txt");
  set->add_option("--host", options->host, "The host that it is for, reached over TLS: HOST or HOST:PORT")->type_name("HOST")->required();
  set->add_option("--header", options->header, "Where it goes, with {} in its place; without this, 'Authorization: Bearer {}'")->type_name("'NAME: VALUE'");
  set->add_flag("--stdin", options->from_input, "Read the secret from standard input");
  CLI::App* list = add(*group, "list", "The secrets, without their values", "zo secret list\nzo secret list --json");
  CLI::App* remove = add(*group, "remove", "Remove it for good", "zo secret remove github");
  for (CLI::App* app : {set, remove}) app->add_option("name", options->name, "The secret's name")->type_name("NAME")->required();
  for (CLI::App* app : {set, list}) add_json(app, options->json);
  for (CLI::App* app : {set, list, remove}) add_server(app, options->server);
  runs(line, set, options, secret_set);
  runs(line, list, options, secret_list);
  runs(line, remove, options, secret_remove);
}

void add_door(Line& line) {
  auto options = std::make_shared<DoorOptions>();
  CLI::App* group = add(line.app, "door", "Who may be reached, and what went out", "zo door log\nzo door allow mirror.example --private");
  CLI::App* allow = add(*group, "allow", "Let a host be reached that is not by itself",
                        "zo door allow mirror.example --private\nzo door allow 127.0.0.1:9000\nzo door allow git.example:2222");
  CLI::App* revoke = add(*group, "revoke", "Take that back", "zo door revoke mirror.example\nzo door revoke mirror.example --private");
  for (CLI::App* app : {allow, revoke})
    app->add_option("host", options->host, "A name, or a number, which is allowed as it stands; without a port every port")->type_name("HOST[:PORT]")->required();
  allow->add_flag("--private", options->is_private, "Also where the name resolves to a private address");
  revoke->add_flag("--private", options->is_private, "Only that; public addresses stay allowed");
  CLI::App* list = add(*group, "list", "What is allowed", "zo door list\nzo door list --json");
  CLI::App* log = add(*group, "log", "What went out and what was refused, the newest first", "zo door log\nzo door log --run 01J9Z… --json");
  log->add_option("--run", options->run, "Of that run alone")->type_name("ID");
  for (CLI::App* app : {list, log}) add_json(app, options->json);
  for (CLI::App* app : {allow, revoke, list, log}) add_server(app, options->server);
  runs(line, allow, options, door_allow);
  runs(line, revoke, options, door_revoke);
  runs(line, list, options, door_list);
  runs(line, log, options, door_log);
}

void add_approvals(Line& line) {
  auto options = std::make_shared<ApprovalOptions>();
  CLI::App* group = add(line.app, "approvals", "What agents ask you, and your answers", "zo approvals list\nzo approvals allow 01J9Z…");
  CLI::App* list = add(*group, "list", "What waits for your answer", "zo approvals list\nzo approvals list --all --json");
  list->add_flag("--all", options->all, "What was answered, too");
  CLI::App* show = add(*group, "show", "One question: the exact call, and whom it tells something", "zo approvals show 01J9Z…");
  CLI::App* allow = add(*group, "allow", "Yes; the run goes on", "zo approvals allow 01J9Z…\nzo approvals allow 01J9Z… --always");
  allow->add_flag("--always", options->always, "Such calls are not asked about any more (zo policy list shows it)");
  CLI::App* refuse = add(*group, "refuse", "No; the run goes on without it", "zo approvals refuse 01J9Z… --note 'use the file in docs/'");
  for (CLI::App* app : {allow, refuse}) app->add_option("--note", options->note, "With a no it is told to the model")->type_name("TEXT");
  for (CLI::App* app : {show, allow, refuse}) app->add_option("id", options->id, "Of the question, or how it ends")->type_name("ID")->required();
  CLI::App* hook = add(*group, "hook", "An address that is told when something waits", "zo approvals hook\nzo approvals hook https://ntfy.sh/my-topic --ntfy\nzo approvals hook off");
  hook->add_option("url", options->hook, "Where to; off: no longer; without it: where it is told now")->type_name("URL");
  hook->add_flag("--ntfy", options->ntfy, "As ntfy takes it; otherwise JSON");
  for (CLI::App* app : {list, show, allow, refuse, hook}) add_json(app, options->json);
  for (CLI::App* app : {list, show, allow, refuse, hook}) add_server(app, options->server);
  runs(line, hook, options, approvals_hook);
  runs(line, list, options, approvals_list);
  runs(line, show, options, approvals_show);
  runs(line, allow, options, approvals_allow);
  runs(line, refuse, options, approvals_refuse);
}

void add_policy(Line& line) {
  auto options = std::make_shared<PolicyOptions>();
  CLI::App* group = add(line.app, "policy", "Before which tools you are asked", "zo policy list\nzo policy set shell ask");
  CLI::App* list = add(*group, "list", "What is usual, and your rules", "zo policy list\nzo policy list --json");
  CLI::App* set = add(*group, "set", "A rule for a tool, or for the network of commands",
                      "zo policy set shell ask\nzo policy set fetch_url allow --for example.org\nzo policy set network deny");
  set->add_option("tool", options->tool, "Its name, or network")->type_name("TOOL")->required();
  set->add_option("verdict", options->verdict, "allow, ask or deny")->type_name("VERDICT")->required();
  set->add_option("--for", options->bound, "Only such calls: of that host or program")->type_name("BOUND");
  set->add_option("--token-id", options->token_id, "Only the runs of that token (zo token list)")->type_name("ID");
  CLI::App* remove = add(*group, "remove", "Take a rule back", "zo policy remove 01J9Z…");
  remove->add_option("id", options->id, "Of the rule: zo policy list")->type_name("ID")->required();
  for (CLI::App* app : {list, set}) add_json(app, options->json);
  for (CLI::App* app : {list, set, remove}) add_server(app, options->server);
  runs(line, list, options, policy_list);
  runs(line, set, options, policy_set);
  runs(line, remove, options, policy_remove);
}

void add_limit(Line& line) {
  auto options = std::make_shared<LimitOptions>();
  CLI::App* group = add(line.app, "limit", "What bounds a run, a command and a day, and how to change it", "zo limit list\nzo limit set steps_a_run 80");
  CLI::App* list = add(*group, "list", "Each limit, its bounds and what it protects", "zo limit list\nzo limit list --json");
  CLI::App* set = add(*group, "set", "Another value, for what begins from now on", "zo limit set command_memory 4GB\nzo limit set minutes_a_run 2h\nzo limit set steps_a_run default");
  set->add_option("name", options->name, "The limit")->type_name("NAME")->required();
  set->add_option("value", options->value, "Like 4GB, 90min or 3M; default takes it back")->type_name("VALUE")->required();
  for (CLI::App* app : {list, set}) {
    add_json(app, options->json);
    add_server(app, options->server);
  }
  runs(line, list, options, limit_list);
  runs(line, set, options, limit_set);
}

void add_setup_link(Line& line) {
  auto options = std::make_shared<SetupLinkOptions>();
  CLI::App* app = add(line.app, "setup-link", "A link that connects a browser; works once, for 10 minutes", "zo setup-link\nzo setup-link --json");
  add_json(app, options->json);
  add_server(app, options->server);
  runs(line, app, options, setup_link);
}

void add_workspace(Line& line) {
  auto options = std::make_shared<WorkspaceOptions>();
  CLI::App* group = add(line.app, "workspace", "The folder in which the agent works", "zo workspace\nzo workspace use ~/projects/garden");
  CLI::App* show = add(*group, "show", "Which folder it is", "zo workspace show\ncd \"$(zo workspace)\"");
  CLI::App* use = add(*group, "use", "Choose another, from the next start on", "zo workspace use ~/projects/garden\nZO_WORKSPACE=/srv/site zo serve");
  use->add_option("folder", options->folder, "A folder that exists")->type_name("DIR")->required();
  CLI::App* quota = add(*group, "quota", "What one run may add to it", "zo workspace quota\nzo workspace quota 20GB\nzo workspace quota usual");
  quota->add_option("size", options->quota, "A size like 20GB; usual: 10 GB or a tenth of what is free, whichever is less")->type_name("SIZE");
  for (CLI::App* app : {group, show, use, quota}) add_json(app, options->json);
  for (CLI::App* app : {group, show}) runs(line, app, options, workspace_show);
  runs(line, use, options, workspace_use);
  runs(line, quota, options, workspace_quota);
}

void add_model(Line& line) {
  auto options = std::make_shared<ModelOptions>();
  auto install_options = std::make_shared<InstallOptions>();
  CLI::App* group = add(line.app, "model", "Which model answers", "zo model list\nzo model use openai/gpt-5-mini");
  CLI::App* list = add(*group, "list", "The models known here; * answers", "zo model list\nzo model list --json");
  CLI::App* use = add(*group, "use", "Choose the one that answers", "zo model use openai/gpt-5-mini\nzo model use local/qwen2.5-coder-1.5b");
  CLI::App* test = add(*group, "test", "Really call one", "zo model test openai/gpt-5-mini\nzo model test local/qwen2.5-coder-1.5b --json");
  CLI::App* show = add(*group, "show", "What is known of one, and what was learned from its refusals", "zo model show openai/gpt-5-mini\nzo model show ollama/gemma3:4b --json");
  CLI::App* forget = add(*group, "forget-quirks", "Forget what was learned of one, and learn it anew", "zo model forget-quirks ollama/gemma3:4b");
  for (CLI::App* app : {use, test, show, forget}) app->add_option("name", options->name, "provider/model")->type_name("NAME")->required();
  for (CLI::App* app : {list, use, test, show, forget}) {
    add_json(app, options->json);
    add_server(app, options->server);
  }
  CLI::App* install = add(*group, "install", "Fetch the embedded model, or any GGUF", "zo model install\nzo model install ~/Downloads/qwen3-4b-q4_k_m.gguf");
  install->add_option("source", install_options->source, "A GGUF file or its address; without it the pinned model")->type_name("FILE|URL");
  install->add_option("--sha256", install_options->sha256, "What the file must hash to")->type_name("HEX");
  install->add_flag("--small", install_options->small, "The half-size pinned model, for little memory");
  install->add_flag("--yes", install_options->yes, "Ask nothing");
  install->add_flag("--if-missing", install_options->if_missing, "Do nothing where a model is installed; with --small, where the small one answers");
  runs(line, list, options, model_list);
  runs(line, use, options, model_use);
  runs(line, test, options, model_test);
  runs(line, show, options, model_show);
  runs(line, forget, options, model_forget);
  runs(line, install, install_options, model_install);
}

void add_sandbox(Line& line) {
  auto options = std::make_shared<SandboxOptions>();
  CLI::App* group = add(line.app, "sandbox", "Where commands run", "zo sandbox run -- python3 -V\nzo sandbox run 'ls | wc -l'");
  CLI::App* app = add(*group, "run", "Run a command exactly as the agent would; its exit code is returned",
                      "zo sandbox run -- python3 -V\nzo sandbox run --time 5 'seq 3 | tac'\nzo sandbox run --allow pip -- pip install requests");
  app->add_option("--workspace", options->workspace, "The folder it may write; without it the agent's")->type_name("DIR");
  app->add_option("--time", options->time_s, "Seconds, then it is stopped (exit code 124)")->type_name("SECONDS")->check(CLI::Range(1, 86'400));
  app->add_option("--egress", options->egress, "What it reaches of the network: off, allowlist, open-public")->type_name("MODE");
  app->add_option("--allow,--preset", options->allow, "What an allow-list has, again and again: HOST, HOST:PORT, pip, npm, apt, cargo, go, git")
      ->type_name("HOST")->allow_extra_args(false);
  app->add_option("command", options->command, "The command; one word alone is read by the shell")->type_name("CMD");
  line.runs[app] = [options, &line] {
    // One host behind each --allow; before dashes, which say where the command begins, as many as there are.
    if (!options->allow.empty() && !line.after_dashes.empty()) {
      options->allow.insert(options->allow.end(), options->command.begin(), options->command.end());
      options->command.clear();
    }
    options->command.insert(options->command.end(), line.after_dashes.begin(), line.after_dashes.end());
    if (!options->command.empty()) return sandbox_run(*options);
    print_error({Code::Invalid, "there is no command to run", "zo sandbox run -- python3 -V"});
    return exit_code(Code::Invalid);
  };
}

void add_doctor(Line& line) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* app = add(line.app, "doctor", "Look at every layer and say how to mend it", "zo doctor\nzo doctor --json");
  add_json(app, options->json);
  runs(line, app, options, doctor);
}

void define(Line& line) {
  line.app.name("zo");
  line.app.footer("zo ask \"what is the sha256 of notes.txt?\"\nzo chat");
  line.app.formatter(std::make_shared<Help>());
  line.app.set_version_flag("--version", "zo " + std::string(kVersion), "The version");
  line.app.set_help_flag("-h,--help", "This text");
  line.app.allow_extras();
  add_ask(line);
  add_chat(line);
  add_conversations(line);
  add_serve(line);
  add_stop(line);
  add_runs(line);
  add_file(line);
  add_model(line);
  add_token(line);
  add_key(line);
  add_secret(line);
  add_door(line);
  add_work(line);
  add_approvals(line);
  add_policy(line);
  add_limit(line);
  add_setup_link(line);
  add_workspace(line);
  add_sandbox(line);
  add_doctor(line);
  add_help(line);
}

// "zo token create": the path to a command.
std::string full_name(const CLI::App* app) {
  return app->get_parent() == nullptr ? app->get_name() : full_name(app->get_parent()) + " " + app->get_name();
}

std::vector<std::string> names_below(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* below : app->get_subcommands(std::function<bool(const CLI::App*)>())) names.push_back(below->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app->get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

const CLI::App* command_meant(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

// "help token create" becomes "token create --help", if there is such a command.
Result<> read_help(const Line& line, std::vector<std::string>& words) {
  if (words.empty() || words.front() != "help") return {};
  words.erase(words.begin());
  const CLI::App* app = &line.app;
  for (const std::string& word : words) {
    if (word == "--help" || word == "-h") continue;
    const std::vector<const CLI::App*> below = app->get_subcommands([&word](const CLI::App* one) { return one->get_name() == word; });
    if (below.empty()) return std::unexpected(unknown_word(full_name(app), word, word.starts_with('-') ? std::vector<std::string>{} : names_below(app)));
    app = below.front();
  }
  words.emplace_back("--help");
  return {};
}

int wrong_use(const Error& error) {
  print_error(error);
  return exit_code(Code::Invalid);
}

int run_line(Line& line) {
  const CLI::App* app = command_meant(line.app);
  const std::string name = full_name(app);
  for (const CLI::App* at = app; at != nullptr; at = at->get_parent()) {
    const std::vector<std::string> extras = at->remaining();
    if (extras.empty()) continue;
    const bool option = extras.front().starts_with('-');
    return wrong_use(unknown_word(full_name(at), extras.front(), option ? options_of(at) : names_below(at)));
  }
  const auto found = line.runs.find(app);
  if (found != line.runs.end()) return found->second();
  write_errors(std::string(trim(line.app.help())) + "\n");
  return exit_code(Code::Invalid);
}

}  // namespace

Error unknown_word(std::string_view before, std::string_view typed, std::span<const std::string> known) {
  const std::string word = one_line(typed, 60);
  std::vector<std::string> near = near_words(typed, known, kSuggestions);
  const bool is_option = typed.starts_with('-');
  for (std::string& one : near) one.insert(0, std::string(before) + " ");
  std::string what = is_option       ? std::string(before) + " has no option '" + word + "'"
                     : known.empty() ? std::string(before) + " does not expect '" + word + "'"
                                     : "there is no command '" + std::string(before) + " " + word + "'";
  return {Code::Invalid, std::move(what), near.empty() ? std::string(before) + " --help" : join(near, ", or ")};
}

int command_line(int argc, const char* const* argv) {
  use_utf8_locale();
  if (const Result<> hardened = harden_process(); !hardened) return wrong_use(hardened.error());
  std::vector<std::string> words(argv + 1, argv + std::max(argc, 1));
  Line line;
  if (const auto dashes = std::ranges::find(words, "--"); dashes != words.end()) {
    line.after_dashes.assign(dashes + 1, words.end());
    words.erase(dashes, words.end());
  }
  define(line);
  if (const Result<> read = read_help(line, words); !read) return wrong_use(read.error());
  std::ranges::reverse(words);  // as CLI11 wants them
  try {
    line.app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    write_output(std::string(trim(line.app.help())) + "\n");
    return 0;
  } catch (const CLI::CallForVersion& version) {
    write_output(std::string(version.what()) + "\n");
    return 0;
  } catch (const CLI::ParseError& error) {
    return wrong_use({Code::Invalid, error.what(), full_name(command_meant(line.app)) + " --help"});
  }
  return run_line(line);
}

}  // namespace zo
