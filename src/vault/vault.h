// Secrets of people, sealed at rest and never shown again. A master key (a file of the owner's, or a passphrase) seals a data key, which
// stands in the database and seals the secrets; each opens only in its own row. What is live is known to the Redactor, too.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/clock.h"
#include "async/threads.h"
#include "base/dice.h"
#include "base/id.h"
#include "base/result.h"
#include "store/store.h"
#include "vault/redact.h"
#include "vault/seal.h"

namespace zo {

using SecretId = Id<struct VaultSecretKind>;

inline constexpr std::size_t kSecretBytesMost = 16'384;
inline constexpr std::size_t kSecretsMost = 200;  // of one person

// Provider: the key of a model provider. Host: sent to hosts that its owner named. Mail: the password of a mail server.
enum class SecretPurpose { Provider, Host, Mail };

// What may be shown.
struct SecretInfo {
  SecretId id;
  PersonId person;
  std::string name;
  SecretPurpose purpose = SecretPurpose::Provider;
  std::string bound;  // to what it is bound, as whoever uses it wrote it; sealed with the secret, so it cannot be changed alone
  std::string hint;   // the last four characters of a long one
  TimeMs created_at = 0;
  std::optional<TimeMs> last_used_at;
};

struct SecretNew {
  PersonId person;
  std::string name;
  SecretPurpose purpose = SecretPurpose::Provider;
  std::string bound;
  std::vector<std::string> texts;  // the secret itself, and what else must not be seen
};

inline constexpr char kPassphraseVariable[] = "ZO_KEY_PASSPHRASE";

struct MasterKey {
  std::string file;        // made when the first secret is stored
  std::string passphrase;  // not empty: used in place of the file
};

// NotFound, for a person.
Error no_such_key(std::string_view name);
Error no_such_secret(std::string_view name, SecretPurpose purpose);

class Vault {
 public:
  // All outlive it.
  Vault(Store& store, Clock& clock, Dice& dice, Threads& threads, MasterKey master);

  // Before anything is asked of it. A lost or wrong master key is no Error: problem() tells it, and what needs no secret works.
  // Beside a server it reads alone: a rotation of the server's may be going on, whose files are left to it.
  enum class Opens { Alone, BesideServer };
  Task<Result<>> open(Opens opens = Opens::Alone);
  // Why no secret can be opened or stored, and what to do; nothing: all is well.
  const std::optional<Error>& problem() const { return problem_; }

  // Conflict when the person has one of that name, unless it is replaced: one of the same purpose may be. With the first secret the data
  // key is made, and where there is none the master key.
  enum class Existing { Stays, Replaced };
  Task<Result<SecretInfo>> put(SecretNew secret, Existing existing = Existing::Stays);
  // NotFound; needs no master key.
  Task<Result<>> remove(PersonId person, std::string name, SecretPurpose purpose);
  // By name; what may be shown.
  std::vector<SecretInfo> list(const PersonId& person, SecretPurpose purpose) const;
  // Of all persons.
  std::vector<SecretInfo> all(SecretPurpose purpose) const;
  // What may be shown of one; none: it is gone.
  std::optional<SecretInfo> find(const SecretId& secret) const;
  // What put() was given.
  Result<std::vector<std::string>> texts(const SecretId& secret) const;
  // Notes that it was used, at most once an hour.
  Task<void> used(SecretId secret);
  // A new master key and a new data key; every secret is sealed anew, in one commit. Returns how many.
  Task<Result<std::size_t>> rotate();

  // Of all live secrets, and those that the environment gave; a new one whenever they change.
  std::shared_ptr<const Redactor> redactor() const { return redactor_; }
  // One that stands elsewhere and must not be seen either.
  void know(NamedSecret secret);

 private:
  struct Kept {
    SecretInfo info;
    std::string sealed;
    std::int64_t key_version = 0;
  };
  // A data key as it stands in the database.
  struct Wrapped {
    std::int64_t version = 0;
    std::string sealed;
    std::string salt;  // of the passphrase; empty: the file's key sealed it
  };

  // One change of the keys at a time: a second one waits.
  struct Changing;
  Task<void> wait_for_change();
  Task<Result<>> load();
  Task<Result<SealKey>> master(std::string salt);
  Task<Result<SealKey>> unwrap(Wrapped wrapped);
  Task<Result<>> make_first_key();
  Result<> start_over();
  Error explain(const Error& why) const;
  void changed();

  Store& store_;
  Clock& clock_;
  Dice& dice_;
  Threads& threads_;
  MasterKey master_;
  Opens opens_ = Opens::Alone;
  std::shared_ptr<const SealKey> data_key_;  // none: nothing was stored yet, or it cannot be opened
  std::int64_t version_ = 0;
  std::optional<Error> problem_;
  bool is_changing_ = false;
  std::vector<Kept> kept_;  // by person and name
  std::vector<NamedSecret> known_;
  std::shared_ptr<const Redactor> redactor_ = std::make_shared<const Redactor>();
};

}  // namespace zo
