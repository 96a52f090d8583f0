#include "vault/vault.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "async/offload.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "os/file.h"
#include "vault/key_file.h"

namespace zo {
namespace {

constexpr std::int64_t kChangeLookMs = 5;
constexpr std::size_t kHintBytes = 4;
constexpr std::size_t kHintedBytesLeast = 16;  // of a shorter secret, four characters are too much
constexpr std::int64_t kUsedMs = 3'600'000;
constexpr std::size_t kNameBytes = 64;
constexpr std::string_view kPurposes[]{"provider", "host", "mail"};

std::string_view purpose_name(SecretPurpose purpose) { return kPurposes[static_cast<std::size_t>(purpose)]; }
SecretPurpose purpose_from_name(std::string_view name) {
  const auto found = std::ranges::find(kPurposes, name);
  return found == std::end(kPurposes) ? SecretPurpose::Host : static_cast<SecretPurpose>(found - kPurposes);
}

// Where a secret belongs: sealed there, it opens nowhere else.
std::string place_of(const SecretInfo& info, std::int64_t version) {
  return fmt::format("zo secret 1|{}|{}|{}|{}|{}|{}", info.id.text(), info.person.text(), info.name, purpose_name(info.purpose), version, info.bound);
}

std::string place_of_key(std::int64_t version) { return fmt::format("zo data key 1|{}", version); }

std::string packed(const std::vector<std::string>& texts) {
  JsonArray all;
  for (const std::string& text : texts) all.emplace_back(text);
  return to_text(Json(std::move(all)));
}

Result<std::vector<std::string>> unpacked(std::string_view text) {
  ZO_TRY(const Json json, parse_json(text, "a secret"));
  std::vector<std::string> texts;
  for (const Json& item : json.as_array()) texts.emplace_back(item.as_string());
  return texts;
}

// Beside a secret stand other texts, as headers do: an address, or words, is told anyway, and would be taken out of every file.
bool is_plain(std::string_view text) {
  const bool is_address = text.starts_with("http://") || text.starts_with("https://");
  const bool is_words = std::ranges::all_of(split(text, ' '), [](std::string_view word) {
    return word.size() <= 15 && std::ranges::none_of(word, [](char c) { return c >= '0' && c <= '9'; });
  });
  return (is_address && text.find('@') == text.npos) || is_words;
}

Result<> check(const SecretNew& secret) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  const std::string_view name = secret.name;
  if (name.empty() || name.size() > kNameBytes || name.find_first_not_of(kLetters) != std::string_view::npos)
    return fail(Code::Invalid, fmt::format("'{}' is no name for a key", one_line(name, kNameBytes)), fmt::format("letters, digits, '-', '_' and '.', at most {}", kNameBytes));
  for (const std::string& text : secret.texts) {
    if (text.empty()) return fail(Code::Invalid, fmt::format("the key '{}' is empty", name));
    if (text.size() > kSecretBytesMost) return fail(Code::Exhausted, fmt::format("the key '{}' has {} bytes, limit {}", name, text.size(), kSecretBytesMost));
    if (!is_valid_utf8(text) || std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
      return fail(Code::Invalid, fmt::format("the key '{}' holds line breaks or other control characters", name), "give the key alone, on one line");
  }
  return {};
}

}  // namespace

Error no_such_key(std::string_view name) { return {Code::NotFound, fmt::format("there is no key named '{}'", one_line(name, kNameBytes)), "zo key list"}; }

Error no_such_secret(std::string_view name, SecretPurpose purpose) {
  if (purpose == SecretPurpose::Provider) return no_such_key(name);
  return {Code::NotFound, fmt::format("there is no secret named '{}'", one_line(name, kNameBytes)), "zo secret list"};
}

Vault::Vault(Store& store, Clock& clock, Dice& dice, Threads& threads, MasterKey master)
    : store_(store), clock_(clock), dice_(dice), threads_(threads), master_(std::move(master)) {}

Task<Result<>> Vault::open(Opens opens) {
  opens_ = opens;
  ZO_CO_OK(co_await load());
  auto newest = [](Transaction& tx) -> Result<std::optional<Wrapped>> {
    const auto rows = tx.query("SELECT version, sealed, salt FROM vault_keys ORDER BY version DESC LIMIT 1");
    if (!rows->next()) return std::nullopt;
    return Wrapped{rows->integer(0), rows->string(1), rows->string(2)};
  };
  ZO_CO_TRY(const std::optional<Wrapped> wrapped, co_await store_.read(std::move(newest)));
  if (!wrapped) co_return Result<>{};
  version_ = wrapped->version;
  Task<Result<SealKey>> opening = unwrap(*wrapped);
  Result<SealKey> key = co_await std::move(opening);
  if (key) data_key_ = std::make_shared<const SealKey>(std::move(*key));
  else problem_ = explain(key.error());
  changed();
  co_return Result<>{};
}

Task<Result<>> Vault::load() {
  auto question = [](Transaction& tx) -> Result<std::vector<Kept>> {
    std::vector<Kept> all;
    const auto rows = tx.query("SELECT id, person_id, name, purpose, bound, hint, created_at, last_used_at, sealed, key_version FROM secrets ORDER BY person_id, name");
    while (rows->next())
      all.push_back({{rows->id<SecretId>(0), rows->id<PersonId>(1), rows->string(2), purpose_from_name(rows->text(3)), rows->string(4), rows->string(5), rows->integer(6),
                      rows->optional_integer(7)},
                     rows->string(8),
                     rows->integer(9)});
    return all;
  };
  ZO_CO_TRY(kept_, co_await store_.read(std::move(question)));
  co_return Result<>{};
}

// Empty salt: the key of the file.
Task<Result<SealKey>> Vault::master(std::string salt) {
  if (salt.empty()) {
    auto from_file = [file = master_.file] { return load_key_file(file); };
    co_return co_await offload(threads_, std::move(from_file));
  }
  if (master_.passphrase.empty())
    co_return fail(Code::Unavailable, "the stored keys are sealed with a passphrase, and none was given", "start zo with the passphrase in ZO_KEY_PASSPHRASE");
  const std::optional<std::string> bytes = from_base64(salt);
  auto from_words = [words = master_.passphrase, bytes = bytes.value_or("")] { return SealKey::from_passphrase(words, bytes); };
  co_return co_await offload(threads_, std::move(from_words));
}

// A rotation that was cut off has left a second file: whichever opens the data key is the master key.
Task<Result<SealKey>> Vault::unwrap(Wrapped wrapped) {
  const std::string place = place_of_key(wrapped.version);
  const Result<SealKey> first = co_await master(wrapped.salt);
  const auto bytes = first ? unseal(*first, wrapped.sealed, place) : std::unexpected(first.error());
  const std::string next = master_.file + ".new";
  if (bytes && opens_ == Opens::BesideServer) co_return SealKey::of(*bytes);
  if (bytes) {
    auto tidy = [next] { return std::remove(next.c_str()); };
    co_await offload(threads_, std::move(tidy));
    co_return SealKey::of(*bytes);
  }
  if (!wrapped.salt.empty()) {
    if (first) co_return fail(Code::Denied, "the passphrase does not open the stored keys", "start zo with the right one in ZO_KEY_PASSPHRASE");
    co_return std::unexpected(first.error());
  }
  auto other = [next] { return load_key_file(next); };
  const Result<SealKey> second = co_await offload(threads_, std::move(other));
  const auto second_bytes = second ? unseal(*second, wrapped.sealed, place) : std::unexpected(second.error());
  if (second_bytes && opens_ == Opens::BesideServer) co_return SealKey::of(*second_bytes);
  if (second_bytes) {
    auto finish = [next, file = master_.file] { return rename_file(next, file); };
    ZO_CO_OK(co_await offload(threads_, std::move(finish)));
    co_return SealKey::of(*second_bytes);
  }
  co_return std::unexpected(bytes.error());
}

Error Vault::explain(const Error& why) const {
  const std::string stored = fmt::format("{} stored {} cannot be opened", kept_.size(), kept_.size() == 1 ? "key" : "keys");
  const std::string advice = "put the key file back, or remove the keys and add them again: zo key list, zo key remove NAME";
  if (why.code == Code::NotFound) return {Code::Unavailable, fmt::format("the key file {} is missing: {}", master_.file, stored), advice};
  if (why.code == Code::Corrupt) return {Code::Unavailable, fmt::format("the key file {} is another one than sealed what is stored: {}", master_.file, stored), advice};
  return {Code::Unavailable, fmt::format("{}: {}", why.message, stored), why.advice};
}

// With nothing stored, a key that does not open anything is no loss.
Result<> Vault::start_over() {
  if (!problem_) return {};
  if (!kept_.empty()) return std::unexpected(*problem_);
  problem_.reset();
  data_key_.reset();
  return {};
}

Task<Result<>> Vault::make_first_key() {
  const bool by_passphrase = !master_.passphrase.empty();
  const std::string salt = by_passphrase ? to_base64(make_salt()) : "";
  auto file = [path = master_.file]() -> Result<> {
    const Result<SealKey> there = load_key_file(path);
    if (there || there.error().code != Code::NotFound) return there ? Result<>{} : std::unexpected(there.error());
    return save_key_file(path, SealKey::make());
  };
  if (!by_passphrase) ZO_CO_OK(co_await offload(threads_, std::move(file)));
  ZO_CO_TRY(const SealKey master, co_await this->master(salt));
  auto key = std::make_shared<const SealKey>(SealKey::make());
  const std::int64_t version = version_ + 1;
  auto change = [version, salt, sealed = seal(master, key->bytes(), place_of_key(version)), now = clock_.now()](Transaction& tx) -> Result<bool> {
    return tx.change("INSERT INTO vault_keys (version, sealed, salt, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (version) DO NOTHING", version, sealed, salt, now) == 1;
  };
  ZO_CO_TRY(const bool made, co_await store_.write(std::move(change)));
  if (!made) co_return co_await open();  // another call was first
  version_ = version;
  data_key_ = std::move(key);
  co_return Result<>{};
}

struct Vault::Changing {
  explicit Changing(bool& is_changing) : is_changing_(is_changing) { is_changing_ = true; }
  ~Changing() { is_changing_ = false; }
  Changing(const Changing&) = delete;
  Changing& operator=(const Changing&) = delete;

 private:
  bool& is_changing_;
};

// A change is some writes of the disk; two at once would write over each other's master key.
Task<void> Vault::wait_for_change() {
  while (is_changing_) co_await clock_.sleep_for(kChangeLookMs);
}

Task<Result<SecretInfo>> Vault::put(SecretNew secret, Existing existing) {
  ZO_CO_OK(check(secret));
  co_await wait_for_change();
  const Changing changing(is_changing_);
  ZO_CO_OK(start_over());
  const auto of_person = std::ranges::count_if(kept_, [&](const Kept& kept) { return kept.info.person == secret.person && (existing == Existing::Stays || kept.info.name != secret.name); });
  if (of_person >= static_cast<std::ptrdiff_t>(kSecretsMost)) co_return fail(Code::Exhausted, fmt::format("{} keys are stored, the limit", kSecretsMost), "remove one: zo key remove NAME");
  if (!data_key_) {
    ZO_CO_OK(co_await make_first_key());
  }
  Kept kept{.info = {SecretId::make(dice_, clock_.now()), secret.person, secret.name, secret.purpose, secret.bound, "", clock_.now(), std::nullopt}};
  if (!secret.texts.empty() && secret.texts.front().size() >= kHintedBytesLeast) kept.info.hint = utf8_suffix(secret.texts.front(), kHintBytes);
  kept.key_version = version_;
  kept.sealed = seal(*data_key_, packed(secret.texts), place_of(kept.info, version_));
  auto change = [kept, existing](Transaction& tx) -> Result<bool> {
    const SecretInfo& info = kept.info;
    if (existing == Existing::Replaced)
      tx.change("DELETE FROM secrets WHERE person_id = ? AND name = ? AND purpose = ? AND EXISTS (SELECT 1 FROM vault_keys WHERE version = ?)", info.person, info.name,
                purpose_name(info.purpose), kept.key_version);
    const std::int64_t made = tx.change(
        "INSERT INTO secrets (id, person_id, name, purpose, bound, hint, sealed, key_version, created_at) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? "
        "WHERE EXISTS (SELECT 1 FROM vault_keys WHERE version = ?) ON CONFLICT (person_id, name) DO NOTHING",
        info.id, info.person, info.name, purpose_name(info.purpose), info.bound, info.hint, kept.sealed, kept.key_version, info.created_at, kept.key_version);
    return made == 1;
  };
  ZO_CO_TRY(const bool made, co_await store_.write(std::move(change)));
  if (!made) co_return fail(Code::Conflict, fmt::format("there is a key named '{}' already", secret.name), "remove it first, or choose another name");
  ZO_CO_OK(co_await load());
  changed();
  co_return kept.info;
}

Task<Result<>> Vault::remove(PersonId person, std::string name, SecretPurpose purpose) {
  auto change = [person, name, purpose](Transaction& tx) -> Result<> {
    if (tx.change("DELETE FROM secrets WHERE person_id = ? AND name = ? AND purpose = ?", person, name, purpose_name(purpose)) == 1) return {};
    return std::unexpected(no_such_secret(name, purpose));
  };
  ZO_CO_OK(co_await store_.write_to_make_room(std::move(change)));
  ZO_CO_OK(co_await load());
  changed();
  co_return Result<>{};
}

std::vector<SecretInfo> Vault::list(const PersonId& person, SecretPurpose purpose) const {
  std::vector<SecretInfo> infos;
  for (const Kept& kept : kept_)
    if (kept.info.person == person && kept.info.purpose == purpose) infos.push_back(kept.info);
  return infos;
}

std::vector<SecretInfo> Vault::all(SecretPurpose purpose) const {
  std::vector<SecretInfo> infos;
  for (const Kept& kept : kept_)
    if (kept.info.purpose == purpose) infos.push_back(kept.info);
  return infos;
}

std::optional<SecretInfo> Vault::find(const SecretId& secret) const {
  for (const Kept& kept : kept_)
    if (kept.info.id == secret) return kept.info;
  return std::nullopt;
}

Result<std::vector<std::string>> Vault::texts(const SecretId& secret) const {
  if (problem_) return std::unexpected(*problem_);
  const auto found = std::ranges::find_if(kept_, [&](const Kept& kept) { return kept.info.id == secret; });
  if (found == kept_.end()) return std::unexpected(no_such_key(secret.text()));
  ZO_TRY(const std::string text, unseal(*data_key_, found->sealed, place_of(found->info, found->key_version)));
  return unpacked(text);
}

Task<void> Vault::used(SecretId secret) {
  const auto found = std::ranges::find_if(kept_, [&](const Kept& kept) { return kept.info.id == secret; });
  const TimeMs now = clock_.now();
  if (found == kept_.end() || (found->info.last_used_at && now - *found->info.last_used_at < kUsedMs)) co_return;
  found->info.last_used_at = now;
  auto change = [secret, now](Transaction& tx) -> Result<> {
    tx.change("UPDATE secrets SET last_used_at = ? WHERE id = ?", now, secret);
    return {};
  };
  co_await store_.write(std::move(change));  // one that is not noted down is noted with the next use after a start
}

Task<Result<std::size_t>> Vault::rotate() {
  co_await wait_for_change();
  const Changing changing(is_changing_);
  ZO_CO_OK(start_over());
  if (!data_key_) co_return std::size_t{0};
  const bool by_passphrase = !master_.passphrase.empty();
  const std::string salt = by_passphrase ? to_base64(make_salt()) : "";
  auto next_master = std::make_shared<const SealKey>(SealKey::make());
  const std::string next = master_.file + ".new";
  if (by_passphrase) {
    ZO_CO_TRY(SealKey from_words, co_await master(salt));
    next_master = std::make_shared<const SealKey>(std::move(from_words));
  } else {
    auto save = [next, next_master] { return save_key_file(next, *next_master); };
    ZO_CO_OK(co_await offload(threads_, std::move(save)));
  }
  const auto next_key = std::make_shared<const SealKey>(SealKey::make());
  auto change = [this_key = data_key_, next_key, version = version_ + 1, salt, sealed = seal(*next_master, next_key->bytes(), place_of_key(version_ + 1)),
                 now = clock_.now()](Transaction& tx) -> Result<std::size_t> {
    tx.change("INSERT INTO vault_keys (version, sealed, salt, created_at) VALUES (?, ?, ?, ?)", version, sealed, salt, now);
    std::vector<std::pair<SecretInfo, std::string>> all;
    {
      const auto rows = tx.query("SELECT id, person_id, name, purpose, bound, sealed, key_version FROM secrets ORDER BY id");
      while (rows->next()) {
        SecretInfo info{rows->id<SecretId>(0), rows->id<PersonId>(1), rows->string(2), purpose_from_name(rows->text(3)), rows->string(4)};
        ZO_TRY(const std::string text, unseal(*this_key, rows->text(5), place_of(info, rows->integer(6))));
        all.emplace_back(std::move(info), text);
      }
    }
    for (const auto& [info, text] : all)
      tx.change("UPDATE secrets SET sealed = ?, key_version = ? WHERE id = ?", seal(*next_key, text, place_of(info, version)), version, info.id);
    tx.change("DELETE FROM vault_keys WHERE version < ?", version);
    return all.size();
  };
  ZO_CO_TRY(const std::size_t sealed, co_await store_.write(std::move(change)));
  ++version_;
  data_key_ = next_key;
  ZO_CO_OK(co_await load());
  // From here on the file alone is behind; the next start would put it right as well.
  auto finish = [next, file = master_.file, by_passphrase]() -> Result<> {
    if (!by_passphrase) return rename_file(next, file);
    std::remove(file.c_str());
    return {};
  };
  ZO_CO_OK(co_await offload(threads_, std::move(finish)));
  co_return sealed;
}

void Vault::know(NamedSecret secret) {
  known_.push_back(std::move(secret));
  changed();
}

void Vault::changed() {
  std::vector<NamedSecret> all = known_;
  for (const Kept& kept : kept_)
    if (const auto opened = texts(kept.info.id))
      for (std::size_t i = 0; i < opened->size(); ++i)
        if (i == 0 || !is_plain((*opened)[i])) all.push_back({kept.info.name, (*opened)[i]});
  redactor_ = std::make_shared<const Redactor>(all);
  set_log_filter([redactor = redactor_](std::string_view message) { return redactor->redact(message); });
}

}  // namespace zo
