#include "account/accounts.h"

#include <sodium.h>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::array<std::string_view, 3> kScopes{"read", "chat", "all"};
constexpr std::size_t kNameBytes = 80;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kLinkBytes = 16;
constexpr std::size_t kKnownMost = 1'024;       // tokens remembered in RAM
constexpr std::int64_t kTouchMs = 60'000;       // last_used_at is written at most so often

std::string hash_of(std::string_view secret) {
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), nullptr, 0);
  return to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

// "7k3m-p9qd-…": a secret that a person may have to type.
std::string grouped(const std::string& secret) {
  std::string out;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    if (i > 0 && i % 4 == 0) out += '-';
    out += secret[i];
  }
  return out;
}

TokenInfo read_token(const Rows& rows) {
  return {rows.id<TokenId>(0), rows.string(1), rows.string(2), scope_from_name(rows.text(3)).value_or(TokenScope::Read),
          rows.string(4), rows.integer(5), rows.optional_integer(6)};
}

void insert_token(Transaction& tx, const PersonId& person, const NewToken& made) {
  const TokenInfo& info = made.info;
  tx.change("INSERT INTO tokens (id, person_id, kind, name, secret_hash, scope, tools, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            info.id, person, info.kind, info.name, hash_of(made.secret), scope_name(info.scope), info.tools, info.created_at);
}

}  // namespace

std::string_view scope_name(TokenScope scope) { return kScopes[static_cast<std::size_t>(scope)]; }

std::optional<TokenScope> scope_from_name(std::string_view name) {
  const auto found = std::ranges::find(kScopes, name);
  if (found == kScopes.end()) return std::nullopt;
  return static_cast<TokenScope>(found - kScopes.begin());
}

Task<Result<NewToken>> Accounts::create_token(PersonId person, std::string name, TokenScope scope, std::string tools) {
  name = one_line(name, kNameBytes);
  if (name.empty()) co_return fail(Code::Invalid, "the token has no name", "--name NAME");
  if (tools.empty()) tools = scope == TokenScope::All ? "all" : "none";
  NewToken made = new_token("token", std::move(name), scope, std::move(tools));
  auto change = [person, made](Transaction& tx) -> Result<> {
    insert_token(tx, person, made);
    return {};
  };
  ZO_CO_OK(co_await store_.write(std::move(change)));
  co_return made;
}

NewToken Accounts::new_token(std::string kind, std::string name, TokenScope scope, std::string tools) {
  NewToken made;
  made.secret = (kind == "page" ? "zo_page_" : "zo_sk_") + dice_.secret(kSecretBytes);
  made.info = {TokenId::make(dice_, clock_.now()), kind, std::move(name), scope, std::move(tools), clock_.now(), std::nullopt};
  return made;
}

Task<Result<std::vector<TokenInfo>>> Accounts::tokens(PersonId person) {
  auto question = [person](Transaction& tx) -> Result<std::vector<TokenInfo>> {
    std::vector<TokenInfo> found;
    const auto rows = tx.query(
        "SELECT id, kind, name, scope, tools, created_at, last_used_at FROM tokens WHERE person_id = ? AND revoked_at IS NULL ORDER BY id",
        person);
    while (rows->next()) found.push_back(read_token(*rows));
    return found;
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<>> Accounts::revoke(PersonId person, TokenId token) {
  auto change = [person, token, now = clock_.now()](Transaction& tx) -> Result<> {
    if (tx.change("UPDATE tokens SET revoked_at = ? WHERE id = ? AND person_id = ? AND revoked_at IS NULL", now, token, person) == 1) return {};
    return std::unexpected(no_such("token", token.text(), "zo token list"));
  };
  ZO_CO_OK(co_await store_.write(std::move(change)));
  std::erase_if(known_, [&token](const auto& entry) { return entry.second.principal.token == token; });
  co_return Result<>{};
}

Task<Result<Principal>> Accounts::authenticate(std::string secret) {
  const std::string hash = hash_of(secret);
  if (const auto found = known_.find(hash); found != known_.end()) {
    const Principal principal = found->second.principal;
    if (clock_.now() - found->second.touched_at >= kTouchMs) {
      found->second.touched_at = clock_.now();
      ZO_CO_OK(co_await touch(principal.person, principal.token));
    }
    co_return principal;
  }
  auto question = [hash](Transaction& tx) -> Result<Principal> {
    const auto rows = tx.query("SELECT person_id, scope, tools, name, id FROM tokens WHERE secret_hash = ? AND revoked_at IS NULL", hash);
    if (!rows->next()) return fail(Code::Denied, "this token is not known here, or was revoked", "make one with: zo token create --name NAME --scope all");
    return Principal{rows->id<PersonId>(0), scope_from_name(rows->text(1)).value_or(TokenScope::Read), rows->string(2), rows->string(3),
                     rows->id<TokenId>(4)};
  };
  ZO_CO_TRY(const Principal principal, co_await store_.read(std::move(question)));
  if (known_.size() >= kKnownMost) known_.clear();
  known_[hash] = {principal, clock_.now()};
  ZO_CO_OK(co_await touch(principal.person, principal.token));
  co_return principal;
}

Task<Result<>> Accounts::touch(PersonId person, TokenId token) {
  auto change = [person, token, now = clock_.now()](Transaction& tx) -> Result<> {
    tx.change("UPDATE tokens SET last_used_at = ? WHERE id = ? AND person_id = ?", now, token, person);
    return {};
  };
  co_return co_await store_.write(std::move(change));
}

Task<Result<std::string>> Accounts::make_setup_link(PersonId person) {
  const std::string secret = grouped(dice_.secret(kLinkBytes));
  auto change = [person, hash = hash_of(secret), now = clock_.now()](Transaction& tx) -> Result<> {
    tx.change("INSERT INTO setup_links (secret_hash, person_id, created_at, expires_at) VALUES (?, ?, ?, ?)", hash, person, now,
              now + kSetupLinkMs);
    return {};
  };
  ZO_CO_OK(co_await store_.write(std::move(change)));
  co_return secret;
}

Task<Result<NewToken>> Accounts::use_setup_link(std::string secret) {
  NewToken session = new_token("page", "a browser", TokenScope::All, "all");
  auto change = [hash = hash_of(secret), now = clock_.now(), session](Transaction& tx) -> Result<> {
    if (tx.change("UPDATE setup_links SET used_at = ? WHERE secret_hash = ? AND used_at IS NULL AND expires_at > ?", now, hash, now) == 0)
      return fail(Code::Denied, "this setup link was used already, or is older than 10 minutes", "make a new one with: zo setup-link");
    PersonId person;
    {
      const auto rows = tx.query("SELECT person_id FROM setup_links WHERE secret_hash = ?", hash);
      rows->next();
      person = rows->id<PersonId>(0);
    }
    insert_token(tx, person, session);
    return {};
  };
  ZO_CO_OK(co_await store_.write(std::move(change)));
  co_return session;
}

Task<Result<bool>> Accounts::never_set_up(PersonId person) {
  auto question = [person](Transaction& tx) -> Result<bool> {
    return tx.number("SELECT COUNT(*) FROM setup_links WHERE person_id = ?", person) == 0;
  };
  co_return co_await store_.read(std::move(question));
}

}  // namespace zo
