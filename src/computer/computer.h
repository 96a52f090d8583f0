// The whole computer, in build order. A part may borrow only from parts above it. This is the library: the HTTP API, the command
// line and the tests are faces over it, and nothing below the faces ever receives a Computer.
#pragma once

#include <memory>
#include <string>

#include "account/accounts.h"
#include "agent/agents.h"
#include "agent/conversations.h"
#include "async/clock.h"
#include "async/threads.h"
#include "automation/automations.h"
#include "base/dice.h"
#include "computer/home.h"
#include "door/door.h"
#include "door/gateway.h"
#include "door/host_secrets.h"
#include "door/way_out.h"
#include "feed/notice.h"
#include "hook/hooks.h"
#include "hook/mail.h"
#include "file/workspaces.h"
#include "limit/limits.h"
#include "model/keys.h"
#include "model/local.h"
#include "model/models.h"
#include "net/http_client.h"
#include "queue/jobs.h"
#include "sandbox/sandbox.h"
#include "store/store.h"
#include "tool/policy.h"
#include "tool/tainted_files.h"
#include "tool/tools.h"
#include "vault/vault.h"
#include "web/pages.h"
#include "web/reader.h"
#include "web/search.h"

namespace zo {

// Where the outside enters: the io thread, threads for blocking work, time, chance, what the environment said of models.
struct World {
  Executor executor;
  Threads& threads;
  Clock& clock;
  Dice& dice;
  ModelEnvironment environment;
  std::int64_t tokens_a_day = limits::kTokensADay;  // unless a person has chosen
  std::string passphrase = {};  // of the vault, in place of its key file
};

struct Computer {
  World& world;
  const Home home;
  Store& store;          // every fact that must survive
  Threads& threads;      // for blocking work
  Door door;             // the one way out: who may reach what, and the log of it
  HttpClient http;       // dials, through the door
  Feeds feeds;           // live, numbered, replayable events
  Notices notices;       // what changed, for whoever shows it to a person
  Hooks hooks;           // tells a person elsewhere what waits for them
  Vault vault;           // keys and passwords: sealed at rest, never shown again
  Mail mail;             // e-mail to people, by the server of their choice
  HostSecrets secrets;   // those that are bound to hosts
  Outward outward;       // what went out with one and may have changed something there
  Gateway gateway;       // where a sandbox uses them without having them
  Accounts accounts;     // who may do what: people, tokens, setup links
  Sandbox sandbox;       // run a command where it can do no harm
  WayOut way_out;        // what such a command reaches of the network
  LocalModel local;      // the embedded model, in the sandbox
  KeySource keys;        // of model providers: those in the vault and those of the environment
  Models models;         // many providers, one stream of deltas
  Limits limits;         // what a person may change of what bounds the rest
  Workspaces& workspaces;  // the files of each person
  TaintedFiles tainted_files;  // what was written after something was seen that is not to be trusted, or not to be told
  Policies policies;     // who is asked before it does it
  Pages pages;           // of the web, as they come
  PageReader reader;     // and made readable, in the sandbox
  Searches searches;     // of the web, by a provider that the owner set
  Tools tools;           // what an agent may do
  Queue queue;           // durable jobs with leases: the one engine under runs
  Jobs jobs;             // what a person sees of them
  Conversations conversations;  // what was said
  Budget budget;         // what a day may cost
  Agents agents;         // the loop
  Automations automations;  // the clock that starts agents

  // Wires; starts nothing. All arguments outlive it.
  Computer(World& world, Home home, Store& store, Workspaces& workspaces);

  // What start() does first; for whoever needs keys of a computer that is not started.
  Task<Result<>> open_vault();
  // Settles what a crash left open; before requests are served.
  Task<Result<>> start();
  // When a model on this machine answers a person unless another is asked for: starts it and lets it read the fixed prompt, so that
  // the first answer comes soon.
  Task<void> warm(PersonId person);
  Task<void> stop();
  // What works on its own time, in the order in which one hands work to the other. It goes on at the next start.
  Task<void> stop_work();
  // At the person's hook, if there is one.
  void tell_asked(PersonId person, std::vector<Approval> asked);
  void tell_failed(const AutomationNews& news);

  // The sketch's call: asks in a conversation (empty: a new one), waits, and returns the answer's text.
  struct Answer {
    ConversationId conversation;
    std::string text;
  };
  Task<Result<Answer>> ask(PersonId person, std::optional<ConversationId> conversation, std::string message);
};

}  // namespace zo
