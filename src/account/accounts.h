// Who may do what: people, tokens, setup links. Secrets are shown once and kept only as hashes (BLAKE2b-256; they are 256 bits of
// chance, so a slow hash would add nothing).
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/clock.h"
#include "base/dice.h"
#include "base/id.h"
#include "store/store.h"

namespace zo {

// What a token may reach: Read, GET routes; Chat, also runs and conversations; All, everything.
enum class TokenScope { Read, Chat, All };
std::string_view scope_name(TokenScope scope);
std::optional<TokenScope> scope_from_name(std::string_view name);

// On whose behalf a request is made.
struct Principal {
  PersonId person;
  TokenScope scope = TokenScope::Read;
  std::string tools;  // "all", "none" or a list: what runs under it may use
  std::string name;
  TokenId token;      // empty: the command line on the same machine
};

struct TokenInfo {
  TokenId id;
  std::string kind;  // "token", "page"
  std::string name;
  TokenScope scope = TokenScope::Read;
  std::string tools;
  TimeMs created_at = 0;
  std::optional<TimeMs> last_used_at;
};

struct NewToken {
  TokenInfo info;
  std::string secret;  // shown once
};

class Accounts {
 public:
  static constexpr std::int64_t kSetupLinkMs = 10 * 60 * 1'000;

  Accounts(Store& store, Clock& clock, Dice& dice) : store_(store), clock_(clock), dice_(dice) {}

  // `tools`: "all", "none" or names; a chat token without a choice gets "none". Invalid when the name is empty or too long.
  Task<Result<NewToken>> create_token(PersonId person, std::string name, TokenScope scope, std::string tools);
  Task<Result<std::vector<TokenInfo>>> tokens(PersonId person);
  Task<Result<>> revoke(PersonId person, TokenId token);
  // Denied when unknown or revoked. Answers from RAM after the first time.
  Task<Result<Principal>> authenticate(std::string secret);

  // The secret of a link that works once, within 10 minutes.
  Task<Result<std::string>> make_setup_link(PersonId person);
  // Trades it for the session of a page: both or neither, so that a failure leaves the link unused.
  Task<Result<NewToken>> use_setup_link(std::string secret);
  // True before a setup link was ever made: the first start that can show one prints it.
  Task<Result<bool>> never_set_up(PersonId person);

 private:
  NewToken new_token(std::string kind, std::string name, TokenScope scope, std::string tools);
  Task<Result<>> touch(PersonId person, TokenId token);

  struct Known {
    Principal principal;
    TimeMs touched_at = 0;
  };
  Store& store_;
  Clock& clock_;
  Dice& dice_;
  std::unordered_map<std::string, Known> known_;  // by hash
};

}  // namespace zo
