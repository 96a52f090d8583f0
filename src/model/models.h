// Many providers, one stream of deltas. Knows which providers exist on this machine (keys found in the environment, servers on
// loopback, the embedded model) and resolves a name to one of them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/clock.h"
#include "base/allowance.h"
#include "base/dice.h"
#include "base/id.h"
#include "feed/notice.h"
#include "model/keys.h"
#include "model/provider.h"
#include "model/quirks.h"
#include "net/http_client.h"

namespace zo {

class Store;

// OPENAI_API_KEY, OPENAI_BASE_URL and so on: the keys and addresses of all known providers, and ZO_MODEL.
std::vector<std::string> model_variables();

// What of them the environment had, read once in main() before anything else runs.
struct ModelEnvironment {
  std::map<std::string, std::string> variables;
};
// Takes them out of the process's environment: unset, and the bytes overwritten, so that no child and no /proc/self/environ has them.
ModelEnvironment take_model_environment();

// Which models a token may name, as a person writes it: "all", "chosen" (the owner's choice and no other) or "provider/name,…", which
// are named beside the owner's choice. Invalid when there is no such provider.
Result<Allowance> choose_models(std::string_view text);

class Models {
 public:
  // `local` is the embedded model; it and the others outlive this.
  Models(Clock& clock, Dice& dice, HttpClient& http, Store& store, Notices& notices, KeySource& keys, Provider& local, ModelEnvironment environment);
  ~Models();

  // Which model answers: `wanted` (a request's or a conversation's choice) > ZO_MODEL > what the owner set > the embedded one.
  // `wanted` empty, "default" or "vercel:minimax/minimax-m2.7" means no wish. Invalid, with near names, when unknown. Asks no provider
  // with a key, and makes none ready: whoever only looks changes nothing.
  Task<Result<ModelProfile>> resolve(PersonId person, std::string wanted);
  // The same for somebody who may name only some models beside the one that answers when nobody wishes: Denied for another.
  Task<Result<ModelProfile>> resolve(PersonId person, std::string wanted, Allowance may_name);
  // The name of the model that answers that person, unlooked at; empty: the embedded one.
  Task<Result<std::string>> chosen(PersonId person);
  // Where that choice came from: "request", "environment", "owner", "embedded"; for the page.
  Task<std::string> source_of_choice(PersonId person, std::string wanted);
  Task<std::vector<ModelInfo>> list(PersonId person);
  // Those that somebody may name.
  Task<std::vector<ModelInfo>> list(PersonId person, Allowance may_name);
  // The owner's choice, durable. Empty goes back to the embedded model.
  Task<Result<>> use(PersonId person, std::string name);
  // Asks the providers of a person's keys which models they have, each with its own key; the lists are kept until asked again.
  Task<Result<>> refresh(PersonId person);
  // Really calls the provider of a key: how many models it lists. The Error says in words what is wrong.
  Task<Result<std::size_t>> test_key(PersonId person, std::string name);
  // What is kept of what providers said they have; before anything is asked.
  Task<Result<>> open();
  // What was learned of a model from its refusals, and that it is to be learned anew.
  Task<Result<LearnedFacts>> learned(PersonId person, std::string name);
  Task<Result<>> forget(PersonId person, std::string name);

  // Streams one answer of the model that `profile` names. Its provider is ready from then on.
  Task<Result<ModelReply>> stream(const ModelProfile& profile, ModelRequest request, OnDelta on_delta);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zo
