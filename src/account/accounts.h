// Who may do what: people, tokens, setup links. Secrets are shown once and kept only as hashes (BLAKE2b-256; they are 256 bits of
// chance, so a slow hash would add nothing). No token gives another more than it has, and a revocation that was answered holds:
// whoever was let in before is cut, in whatever order they came.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "account/token_life.h"
#include "async/clock.h"
#include "base/allowance.h"
#include "base/dice.h"
#include "base/id.h"
#include "store/store.h"

namespace zo {

// What a token may reach: Read, GET routes; Chat, also runs and conversations; All, everything.
enum class TokenScope { Read, Chat, All };
std::string_view scope_name(TokenScope scope);
std::optional<TokenScope> scope_from_name(std::string_view name);

inline constexpr std::string_view kOwnersChoice = "chosen";  // how an Allowance of no models is written

// What a token may do.
struct Rights {
  TokenScope scope = TokenScope::Read;
  Allowance tools;   // that runs under it may use
  Allowance models;  // that it may name, beside the owner's choice
  std::string egress = "off";  // what commands of its runs reach of the network (sandbox/egress); a person's go by their conversation
  bool refuses_asks = false;   // its runs do not wait for a person: what one would be asked about does not run
};

// On whose behalf a request is made.
struct Principal : Rights {
  PersonId person;
  std::string name;
  TokenId token;                    // empty: the command line on the same machine
  std::shared_ptr<TokenLife> life;  // of the token
  bool is_person = false;           // at the page, or at the machine itself: who may answer what is asked
};
// A person at the machine itself may do everything of theirs.
Principal owner_at_machine(PersonId person);

struct TokenInfo : Rights {
  TokenId id;
  std::string kind;  // "token", "page"
  std::string name;
  TimeMs created_at = 0;
  std::optional<TimeMs> last_used_at;
};

// A token that is wanted. Without a choice of tools one with the scope All gets its maker's, others none; without a choice of models
// it may name none but the owner's choice.
struct TokenWish {
  std::string name;
  TokenScope scope = TokenScope::Read;
  std::optional<Allowance> tools;
  std::optional<Allowance> models;
  std::string egress = "off";
  bool refuses_asks = false;
};

struct NewToken {
  TokenInfo info;
  std::string secret;  // shown once
};

// What becomes of the runs that a revoked token has begun.
enum class ItsRuns { GoOn, Stop };

class Accounts {
 public:
  static constexpr std::int64_t kSetupLinkMs = 10 * 60 * 1'000;

  Accounts(Store& store, Clock& clock, Dice& dice) : store_(store), clock_(clock), dice_(dice) {}

  // Who works on the machine itself, by the uid of the process that asks. The user as whom this program runs is the first person, made
  // at the first start; Denied for every other, who is nobody here.
  Task<Result<Principal>> at_machine(unsigned uid);

  // Denied when the maker may not do as much itself; Invalid without a name.
  Task<Result<NewToken>> create_token(Principal maker, TokenWish wish);
  Task<Result<std::vector<TokenInfo>>> tokens(PersonId person);
  // Returns when nothing goes on in the token's name but its runs. That those are to stop is written down: the caller ends those that
  // work, and a restart ends the others. A token that was revoked already can still be told so.
  Task<Result<>> revoke(PersonId person, TokenId token, ItsRuns runs = ItsRuns::GoOn);
  // Denied when unknown or revoked. Answers from RAM after the first time. Between this and the beginning of a TokenUse the life that
  // the principal holds may have ended.
  Task<Result<Principal>> authenticate(std::string secret);

  // The secret of a link that works once, within 10 minutes, while its maker is not revoked.
  Task<Result<std::string>> make_setup_link(Principal maker);
  // Trades it for the session of a page, which may do what the link's maker may: both or neither, so that a failure leaves the link
  // unused.
  Task<Result<NewToken>> use_setup_link(std::string secret);
  // True before a setup link was ever made: the first start that can show one prints it.
  Task<Result<bool>> never_set_up(PersonId person);

 private:
  Task<Result<PersonId>> first_person();
  NewToken new_token(std::string kind, std::string name, Rights rights);
  Task<Result<Principal>> find_token(std::string hash);
  void remember(std::string hash, Principal principal);
  Task<void> touch(PersonId person, TokenId token);

  struct Known {
    Principal principal;
    TimeMs touched_at = 0;
  };
  Store& store_;
  Clock& clock_;
  Dice& dice_;
  PersonId first_;  // once it was asked for
  // By hash; a token that was revoked may be among them. Everybody who was let in shares the life in here: an entry leaves only while
  // nobody holds it.
  std::unordered_map<std::string, Known> known_;
  std::uint64_t revocations_ = 0;  // that have happened: what was read before the last one is not believed
};

}  // namespace zo
