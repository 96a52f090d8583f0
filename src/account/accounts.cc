#include "account/accounts.h"

#include <unistd.h>

#include <tuple>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::array<std::string_view, 3> kScopes{"read", "chat", "all"};
constexpr std::size_t kNameBytes = 80;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kLinkBytes = 16;
constexpr std::size_t kKnownMost = 1'024;       // tokens remembered in RAM
constexpr std::int64_t kTouchMs = 60'000;       // last_used_at is written at most so often

// "7k3m-p9qd-…": a secret that a person may have to type.
std::string grouped(const std::string& secret) {
  std::string out;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    if (i > 0 && i % 4 == 0) out += '-';
    out += secret[i];
  }
  return out;
}

// Three columns: scope, tools, models.
Rights read_rights(const Rows& rows, int column) {
  return {scope_from_name(rows.text(column)).value_or(TokenScope::Read), Allowance::from_text(rows.text(column + 1)),
          Allowance::from_text(rows.text(column + 2), kOwnersChoice)};
}

// Two more, of tokens: egress, asks.
Rights read_token_rights(const Rows& rows, int column) {
  Rights rights = read_rights(rows, column);
  rights.egress = rows.string(column + 3);
  rights.refuses_asks = rows.text(column + 4) == "refuse";
  return rights;
}

TokenInfo read_token(const Rows& rows) {
  return {read_token_rights(rows, 3), rows.id<TokenId>(0), rows.string(1), rows.string(2), rows.integer(8), rows.optional_integer(9)};
}

void insert_token(Transaction& tx, const PersonId& person, const NewToken& made) {
  const TokenInfo& info = made.info;
  tx.change(
      "INSERT INTO tokens (id, person_id, kind, name, secret_hash, scope, tools, models, egress, asks, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      info.id, person, info.kind, info.name, hash_hex(made.secret), scope_name(info.scope), info.tools.text(), info.models.text(kOwnersChoice), info.egress,
      info.refuses_asks ? "refuse" : "wait", info.created_at);
}

std::unexpected<Error> unknown_token() {
  return fail(Code::Denied, "this token is not known here, or was revoked", "make one with: zo token create --name NAME --scope all");
}

Result<> gives_only_its_own(const Principal& maker, const Rights& wanted) {
  if (wanted.scope > maker.scope)
    return fail(Code::Denied, fmt::format("this token has the scope '{}', so it cannot give '{}' to another", scope_name(maker.scope), scope_name(wanted.scope)));
  if (wanted.egress != Rights{}.egress && wanted.egress != maker.egress && !maker.is_person)
    return fail(Code::Denied, "this token may not give another the network", "make it on the page, or with zo token create on this machine");
  for (const auto& [own, given, kind] : {std::tuple(&maker.tools, &wanted.tools, "tools"), {&maker.models, &wanted.models, "models"}}) {
    const std::string beyond = own->first_beyond(*given);
    if (beyond.empty()) continue;
    const std::string what = beyond == "all" ? fmt::format("all {}", kind) : fmt::format("'{}'", beyond);
    return fail(Code::Denied, fmt::format("this token may not use {}, so it cannot give that to another", what),
                fmt::format("{}: {}", kind, own->text(own == &maker.models ? kOwnersChoice : "none")));
  }
  return {};
}

}  // namespace

std::string_view scope_name(TokenScope scope) { return kScopes[static_cast<std::size_t>(scope)]; }

std::optional<TokenScope> scope_from_name(std::string_view name) {
  const auto found = std::ranges::find(kScopes, name);
  if (found == kScopes.end()) return std::nullopt;
  return static_cast<TokenScope>(found - kScopes.begin());
}

Principal owner_at_machine(PersonId person) {
  return {{TokenScope::All, Allowance::everything(), Allowance::everything()}, std::move(person), "this machine", {}, nullptr, true};
}

Task<Result<Principal>> Accounts::at_machine(unsigned uid) {
  if (uid != ::geteuid())
    co_return fail(Code::Denied, fmt::format("user {} of this machine is nobody here", uid), "come with a token: zo token create, as the user who runs ZoClone");
  if (first_.empty()) {
    ZO_CO_TRY(first_, co_await first_person());
  }
  co_return owner_at_machine(first_);
}

Task<Result<PersonId>> Accounts::first_person() {
  auto change = [made = PersonId::make(dice_, clock_.now()), now = clock_.now()](Transaction& tx) -> Result<PersonId> {
    tx.change("INSERT INTO people (id, name, created_at) SELECT ?, 'owner', ? WHERE NOT EXISTS (SELECT 1 FROM people)", made, now);
    const auto rows = tx.query("SELECT id FROM people ORDER BY id LIMIT 1");
    rows->next();
    return rows->id<PersonId>(0);
  };
  co_return co_await store_.write(std::move(change));
}

Task<Result<NewToken>> Accounts::create_token(Principal maker, TokenWish wish) {
  std::string name = one_line(wish.name, kNameBytes);
  if (name.empty()) co_return fail(Code::Invalid, "the token has no name", "--name NAME");
  const Allowance usual_tools = wish.scope == TokenScope::All ? maker.tools : Allowance{};
  Rights rights{wish.scope, std::move(wish.tools).value_or(usual_tools), std::move(wish.models).value_or(Allowance{}), std::move(wish.egress), wish.refuses_asks};
  ZO_CO_OK(gives_only_its_own(maker, rights));
  NewToken made = new_token("token", std::move(name), std::move(rights));
  auto change = [person = maker.person, made](Transaction& tx) -> Result<> {
    insert_token(tx, person, made);
    return {};
  };
  ZO_CO_OK(co_await store_.write(std::move(change)));
  co_return made;
}

NewToken Accounts::new_token(std::string kind, std::string name, Rights rights) {
  NewToken made;
  made.secret = (kind == "page" ? "zo_page_" : "zo_sk_") + dice_.secret(kSecretBytes);
  made.info = {std::move(rights), TokenId::make(dice_, clock_.now()), std::move(kind), std::move(name), clock_.now(), std::nullopt};
  return made;
}

Task<Result<std::vector<TokenInfo>>> Accounts::tokens(PersonId person) {
  auto question = [person](Transaction& tx) -> Result<std::vector<TokenInfo>> {
    std::vector<TokenInfo> found;
    const auto rows = tx.query(
        "SELECT id, kind, name, scope, tools, models, egress, asks, created_at, last_used_at FROM tokens WHERE person_id = ? AND revoked_at IS NULL ORDER BY id",
        person);
    while (rows->next()) found.push_back(read_token(*rows));
    return found;
  };
  co_return co_await store_.read(std::move(question));
}

Task<Result<>> Accounts::revoke(PersonId person, TokenId token, ItsRuns runs) {
  auto change = [person, token, stops = runs == ItsRuns::Stop, now = clock_.now()](Transaction& tx) -> Result<> {
    const std::int64_t revoked = tx.change("UPDATE tokens SET revoked_at = ? WHERE id = ? AND person_id = ? AND revoked_at IS NULL", now, token, person);
    const std::int64_t told = !stops ? 0 : tx.change("UPDATE tokens SET stops_runs = 1 WHERE id = ? AND person_id = ? AND stops_runs = 0", token, person);
    if (revoked + told > 0) return {};
    return std::unexpected(no_such("token", token.text(), "zo token list"));
  };
  ZO_CO_OK(co_await store_.write(std::move(change)));
  // No wait from the commit to here: who was let in before it is cut, and whoever is being let in reads again.
  ++revocations_;
  const auto found = std::ranges::find_if(known_, [&token](const auto& entry) { return entry.second.principal.token == token; });
  if (found == known_.end()) co_return Result<>{};
  const std::shared_ptr<TokenLife> life = found->second.principal.life;
  life->end();
  co_await life->unused();
  co_return Result<>{};
}

Task<Result<Principal>> Accounts::authenticate(std::string secret) {
  const std::string hash = hash_hex(secret);
  // After every wait the token is looked at again, since it may have been revoked meanwhile.
  for (;;) {
    const auto found = known_.find(hash);
    if (found == known_.end()) {
      const std::uint64_t before = revocations_;
      ZO_CO_TRY(Principal principal, co_await find_token(hash));
      principal.life = std::make_shared<TokenLife>(co_await asio::this_coro::executor);
      if (before == revocations_) remember(hash, std::move(principal));
    } else if (Known& known = found->second; known.principal.life->over()) {
      co_return unknown_token();
    } else if (clock_.now() - known.touched_at >= kTouchMs) {
      known.touched_at = clock_.now();
      co_await touch(known.principal.person, known.principal.token);
    } else {
      co_return known.principal;
    }
  }
}

Task<Result<Principal>> Accounts::find_token(std::string hash) {
  auto question = [hash](Transaction& tx) -> Result<Principal> {
    const auto rows = tx.query("SELECT scope, tools, models, egress, asks, person_id, name, id, kind FROM tokens WHERE secret_hash = ? AND revoked_at IS NULL", hash);
    if (!rows->next()) return unknown_token();
    return Principal{read_token_rights(*rows, 0), rows->id<PersonId>(5), rows->string(6), rows->id<TokenId>(7), nullptr, rows->text(8) == "page"};
  };
  co_return co_await store_.read(std::move(question));
}

void Accounts::remember(std::string hash, Principal principal) {
  if (known_.size() >= kKnownMost) std::erase_if(known_, [](const auto& entry) { return entry.second.principal.life.use_count() == 1; });
  known_.try_emplace(std::move(hash), Known{std::move(principal), 0});
}

// A disk that takes no more bytes keeps nobody out.
Task<void> Accounts::touch(PersonId person, TokenId token) {
  auto change = [person, token, now = clock_.now()](Transaction& tx) -> Result<> {
    tx.change("UPDATE tokens SET last_used_at = ? WHERE id = ? AND person_id = ?", now, token, person);
    return {};
  };
  const Result<> touched = co_await store_.write(std::move(change));
  if (!touched) log_warn("account", "when a token was last used could not be written down: " + touched.error().message);
}

Task<Result<std::string>> Accounts::make_setup_link(Principal maker) {
  const std::string secret = grouped(dice_.secret(kLinkBytes));
  auto change = [maker = std::move(maker), hash = hash_hex(secret), now = clock_.now()](Transaction& tx) -> Result<> {
    tx.change(
        "INSERT INTO setup_links (secret_hash, person_id, token_id, scope, tools, models, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        hash, maker.person, maker.token, scope_name(maker.scope), maker.tools.text(), maker.models.text(kOwnersChoice), now, now + kSetupLinkMs);
    return {};
  };
  ZO_CO_OK(co_await store_.write(std::move(change)));
  co_return secret;
}

Task<Result<NewToken>> Accounts::use_setup_link(std::string secret) {
  const NewToken fresh = new_token("page", "a browser", {});
  auto change = [hash = hash_hex(secret), now = clock_.now(), fresh](Transaction& tx) -> Result<NewToken> {
    if (tx.change("UPDATE setup_links SET used_at = ? WHERE secret_hash = ? AND used_at IS NULL AND expires_at > ? "
                  "AND (token_id IS NULL OR EXISTS (SELECT 1 FROM tokens WHERE id = token_id AND revoked_at IS NULL))",
                  now, hash, now) == 0)
      return fail(Code::Denied, "this setup link was used already, is older than 10 minutes, or its maker was revoked", "make a new one with: zo setup-link");
    NewToken session = fresh;
    PersonId person;
    {
      const auto rows = tx.query("SELECT scope, tools, models, person_id FROM setup_links WHERE secret_hash = ?", hash);
      rows->next();
      static_cast<Rights&>(session.info) = read_rights(*rows, 0);
      person = rows->id<PersonId>(3);
    }
    insert_token(tx, person, session);
    return session;
  };
  co_return co_await store_.write(std::move(change));
}

Task<Result<bool>> Accounts::never_set_up(PersonId person) {
  auto question = [person](Transaction& tx) -> Result<bool> {
    return tx.number("SELECT COUNT(*) FROM setup_links WHERE person_id = ?", person) == 0;
  };
  co_return co_await store_.read(std::move(question));
}

}  // namespace zo
