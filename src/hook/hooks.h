// Tells a person, at an address of theirs, what waits for them: as JSON, or as ntfy.sh and its kin take it. Telling is an aside: it never
// holds anything up, is tried a few times, and what cannot be told is a line in the log.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "async/clock.h"
#include "async/scope.h"
#include "base/id.h"
#include "net/http_client.h"
#include "store/store.h"

namespace zo {

enum class HookKind { Json, Ntfy };
std::string_view hook_kind_name(HookKind kind);
std::optional<HookKind> hook_kind_from_name(std::string_view name);

struct Hook {
  std::string url;  // http or https
  HookKind kind = HookKind::Json;
};

struct HookNews {
  std::string title;  // one line
  std::string text;
  std::string body;   // the same for programs: JSON
  std::string key = {};  // the same again is the same news, for whoever is told twice
};

// Told once, now. Invalid, Denied: it will be refused again; Unavailable, Timeout: it may pass.
Task<Result<>> tell_hook(HttpClient& http, PersonId person, Hook hook, HookNews news);

class Hooks {
 public:
  // All outlive it.
  Hooks(Executor executor, Clock& clock, HttpClient& http, Store& store) : clock_(clock), http_(http), store_(store), telling_(std::move(executor)) {}

  Task<Result<std::optional<Hook>>> find(PersonId person);
  // Nothing: none any more. Invalid for what is no address.
  Task<Result<>> set(PersonId person, std::optional<Hook> hook);
  // Where the person has a hook. More than 64 at once are dropped, and that is logged.
  void tell(PersonId person, HookNews news);
  Task<void> stop() { return telling_.stop(); }

 private:
  Task<void> tell_now(PersonId person, HookNews news);

  Clock& clock_;
  HttpClient& http_;
  Store& store_;
  Scope telling_;
};

}  // namespace zo
