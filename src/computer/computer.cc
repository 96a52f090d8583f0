#include "computer/computer.h"

#include <boost/json.hpp>

#include "agent/answer.h"
#include "agent/spawn_tool.h"
#include "automation/automation_tools.h"
#include "base/log.h"
#include "model/provider_settings.h"
#include "tool/workspace_tools.h"
#include "web/web_tools.h"

namespace zo {
namespace {

std::string variable_of(const ModelEnvironment& environment, const std::string& name) {
  const auto found = environment.variables.find(name);
  return found == environment.variables.end() ? std::string() : found->second;
}

}  // namespace

Computer::Computer(World& w, Home h, Store& s, Workspaces& f)
    : world(w),
      home(std::move(h)),
      store(s),
      threads(w.threads),
      door(w.executor, w.clock, w.dice, store),
      http(w.executor, &door),
      feeds(w.executor),
      notices(feeds, w.clock),
      hooks(w.executor, w.clock, http, store),
      vault(store, w.clock, w.dice, threads, {home.key_file, w.passphrase}),
      mail(w.clock, http, store, vault),
      secrets(vault),
      outward(store, w.clock),
      gateway(secrets, http, &outward),
      accounts(store, w.clock, w.dice),
      sandbox(w.executor, w.clock, threads),
      way_out(w.clock, door, &gateway),
      local(w.executor, w.clock, threads, http, notices, sandbox, home.cache, home.folder + "/run"),
      keys(provider_keys(w.environment), store, vault),
      models(w.clock, w.dice, http, store, notices, keys, local, w.environment),
      limits(store, w.tokens_a_day),
      workspaces(f),
      tainted_files(store),
      policies(store, w.clock, w.dice),
      pages(w.clock, http),
      reader(w.clock, threads, sandbox, home.folder + "/run/reader"),
      searches(w.clock, http, keys, variable_of(w.environment, "SEARXNG_URL")),
      queue(w.executor, w.clock, w.dice, store, notices, home.folder),
      jobs(w.clock, store, queue),
      conversations(store, w.clock, w.dice, notices),
      budget(store, w.clock, limits),
      agents(w.executor, w.clock, w.dice, store, queue, feeds, notices, models, tools, workspaces, budget, limits),
      automations(w.executor, w.clock, w.dice, store, threads, notices, queue, agents, workspaces, http, mail) {
  for (const HttpProviderSettings& provider : provider_settings(w.environment)) {
    const auto peer = peer_of(provider.base);
    if (peer && (provider.base_given || provider.known.is_program)) door.trust(*peer);
  }
  if (const std::string base = searches.environment_address(); !base.empty())
    if (const auto peer = peer_of(base)) door.trust(*peer);
  keys.on_address([this](const std::string& base) {
    if (const auto peer = peer_of(base)) door.trust(*peer);
  });
  add_workspace_tools(tools, workspaces, sandbox, way_out, tainted_files, limits);
  add_web_tools(tools, pages, reader, searches);
  tools.add(make_spawn_agents(agents));
  add_automation_tools(tools, w.clock, automations, agents);
  tools.set_redactor([this] { return vault.redactor(); });
  tools.set_policies(&policies);
  agents.on_asked([this](PersonId person, std::vector<Approval> asked) { tell_asked(std::move(person), std::move(asked)); });
  automations.on_failed([this](const AutomationNews& news) { tell_failed(news); });
}

Task<Result<>> Computer::open_vault() {
  ZO_CO_OK(co_await vault.open());
  ZO_CO_OK(co_await keys.open());
  co_return co_await models.open();
}

Task<Result<>> Computer::start() {
  ZO_CO_OK(co_await open_vault());
  if (vault.problem()) {
    log_warn("vault", vault.problem()->message);
  }
  ZO_CO_OK(co_await policies.open());
  ZO_CO_OK(co_await limits.open());
  ZO_CO_OK(co_await workspaces.remember(store));
  ZO_CO_OK(co_await queue.start());
  ZO_CO_OK(co_await agents.recover());
  ZO_CO_OK(co_await automations.start());
  co_return Result<>{};
}

Task<void> Computer::stop() {
  co_await stop_work();
  co_await local.stop();
  co_await hooks.stop();
  co_await door.stop();
}

Task<void> Computer::stop_work() {
  co_await queue.stop();
  co_await automations.stop();
  co_await agents.stop();
}

// What stands in the arguments stays here.
void Computer::tell_asked(PersonId person, std::vector<Approval> asked) {
  for (const Approval& one : asked) {
    const std::string question = vault.redactor()->redact(question_of(one));
    hooks.tell(person, {"ZoClone asks you", question + "\nzo approvals show " + one.id.string(),
                        to_text(JsonObject{{"event", "approval"}, {"approval_id", one.id.text()}, {"question", question}, {"tool", one.tool},
                                   {"run_id", one.run_id.text()}, {"conversation_id", one.conversation_id.text()}, {"expires_at", to_rfc3339(one.expires_at)}})});
  }
}

void Computer::tell_failed(const AutomationNews& news) {
  const auto& [automation, occurrence, was_paused] = news;
  const std::string reason = vault.redactor()->redact(occurrence.reason);
  const std::string text = fmt::format("{}\n{}", reason, was_paused ? "It is paused now: zo automation resume " + automation.wish.name : "zo automation history " + automation.wish.name);
  hooks.tell(automation.person_id, {fmt::format("The automation '{}' failed", automation.wish.name), text,
                                    to_text(JsonObject{{"event", "automation_failed"}, {"automation_id", automation.id.text()}, {"name", automation.wish.name}, {"at", to_rfc3339(occurrence.at)},
                                               {"reason", reason}, {"paused", was_paused}, {"run_id", occurrence.run_id ? Json(occurrence.run_id->text()) : Json(nullptr)}})});
}

Task<void> Computer::warm(PersonId person) {
  const std::string prefix = std::string(local.name()) + "/";
  // Another one is not even asked what it is before somebody asks it something.
  const Result<std::string> chosen = co_await models.chosen(person);
  if (!chosen || !(chosen->empty() || chosen->starts_with(prefix))) co_return;
  const Result<ModelProfile> answers = co_await models.resolve(std::move(person), "");
  if (!answers || !answers->name.starts_with(prefix)) co_return;
  co_await local.warm(answers->name.substr(prefix.size()), tools.offered(Allowance::everything()));
}

Task<Result<Computer::Answer>> Computer::ask(PersonId person, std::optional<ConversationId> conversation, std::string message) {
  RunRequest request{.person = person, .conversation = std::move(conversation), .text = std::move(message)};
  ZO_CO_TRY(const Started started, co_await agents.start(std::move(request)));
  ZO_CO_TRY(const std::unique_ptr<Watcher> watcher, co_await agents.watch(person, started.run.id, 0));
  AnswerReader answer(*watcher);
  ZO_CO_OK(co_await answer.finish());
  if (!answer.done()) co_return std::unexpected(answer.error());
  co_return Answer{started.run.conversation_id, answer.final_text()};
}

}  // namespace zo
