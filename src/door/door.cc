#include "door/door.h"

#include "base/limits.h"
#include "base/shown.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::uint16_t kUsualPorts[] = {80, 443, 8080, 8443};
constexpr std::int64_t kOwnKeptMs = 10'000;

std::string peer_text(const HostName& host, std::uint16_t port) { return fmt::format("{}:{}", host.in_url(), port); }

std::string joined(std::span<const IpAddress> addresses) {
  std::string all;
  for (const IpAddress& address : addresses) all += (all.empty() ? "" : " ") + address.text();
  return all;
}

bool is_cloud_metadata(const IpAddress& address) {
  static const std::string_view why = why_not_public(*IpAddress::parse("169.254.169.254"), {});
  return why_not_public(address, {}) == why;
}

template <class T>
Verdict verdict_of(const Result<T>& judged) {
  if (judged) return Verdict::Passed;
  const Code code = judged.error().code;
  return code == Code::Unavailable || code == Code::Timeout || code == Code::Exhausted ? Verdict::Unresolved : Verdict::Refused;
}

}  // namespace

std::string DoorRule::text() const {
  const std::string in_url = host.find(':') == host.npos ? host : "[" + host + "]";
  return port == 0 ? in_url : fmt::format("{}:{}", in_url, port);
}

Door::Door(Executor executor, Clock& clock, Dice& dice, Store& store, Resolver resolver)
    : clock_(clock), store_(store), names_(executor, clock, std::move(resolver)), log_(executor, clock, dice, store), own_at_(-kOwnKeptMs) {}

Task<Result<Passage>> Door::admit(Dial dial) {
  Result<HostName> host = canonical_host(dial.host);
  Result<Judgement> judged = host ? Result<Judgement>() : std::unexpected(host.error());
  if (host) {
    Task<Result<Judgement>> judging = judge(dial, *host);
    judged = co_await std::move(judging);
  }
  const bool left_out = judged && dial.errand.purpose == Purpose::Provider && host->is_loopback();
  std::optional<EgressRow> row = left_out ? std::nullopt : row_of(dial);
  if (row) {
    row->verdict = verdict_of(judged);
    row->reason = judged ? judged->reason : judged.error().message;
    if (judged) row->address = joined(judged->passage.addresses);
  }
  auto ended = row ? log_.add(std::move(*row)) : nullptr;
  if (!judged) co_return std::unexpected(judged.error());
  judged->passage.ended = std::move(ended);
  co_return std::move(judged->passage);
}

std::optional<EgressRow> Door::row_of(const Dial& dial) const {
  const Errand& errand = dial.errand;
  if (!errand.person || errand.purpose == Purpose::Own) return std::nullopt;
  const Result<HostName> host = canonical_host(dial.host);
  return EgressRow{.person = *errand.person, .run = errand.run, .purpose = std::string(purpose_name(errand.purpose)),
                   .host = host ? host->text : name_in_line(to_valid_utf8(utf8_prefix(dial.host, 200))), .port = dial.port};
}

void Door::note_refused(const Dial& dial, const Error& why) {
  std::optional<EgressRow> row = row_of(dial);
  if (!row) return;
  row->verdict = Verdict::Refused;
  row->reason = why.message;
  log_.add(std::move(*row));
}

Task<Result<Door::Judgement>> Door::judge(const Dial& dial, HostName host) {
  const std::string peer = peer_text(host, dial.port);
  Judgement out{.passage = {.host = host, .port = dial.port}, .reason = {}};
  if (dial.errand.purpose == Purpose::Unnamed) co_return fail(Code::Internal, fmt::format("{} was to be dialled on nobody's errand", peer));
  if (dial.errand.purpose == Purpose::Own) {
    if (!host.is_loopback()) co_return fail(Code::Denied, fmt::format("{} is not on this machine", peer));
    ZO_CO_TRY(out.passage.addresses, co_await addresses_of(host));
    co_return out;
  }
  ZO_CO_TRY(const Named named_as, co_await named(dial, host));
  if (named_as != Named::No) out.reason = "the owner named it";
  if (named_as == Named::No && !dial.errand.person) co_return fail(Code::Internal, fmt::format("{} was to be dialled for nobody", peer));
  if (named_as == Named::No && std::ranges::find(kUsualPorts, dial.port) == std::end(kUsualPorts))
    co_return fail(Code::Denied, fmt::format("{} is not dialled: port {} is none of 80, 443, 8080 and 8443", peer, dial.port), "zo door allow " + peer);
  out.passage.proxy = upstream_proxy(host, dial.tls);
  if (!out.passage.proxy.empty()) {
    // The proxy resolves names, out of our sight; a number is seen.
    if (host.number) out.passage.addresses = {*host.number};
    ZO_CO_OK(all_public(dial, out.passage, named_as));
    out.passage.addresses.clear();
    out.reason += out.reason.empty() ? "through the proxy of the environment" : ", through the proxy of the environment";
    co_return out;
  }
  ZO_CO_TRY(out.passage.addresses, co_await addresses_of(host));
  ZO_CO_OK(all_public(dial, out.passage, named_as));
  co_return out;
}

Task<Result<Door::Named>> Door::named(const Dial& dial, const HostName& host) {
  if (dial.errand.purpose == Purpose::Provider && trusted_.contains({host.text, dial.port})) co_return Named::AsItStands;
  if (!dial.errand.person) co_return Named::No;
  ZO_CO_TRY(const std::vector<DoorRule>* rules, co_await rules_of(*dial.errand.person));
  Named best = !dial.is_listed ? Named::No : host.number || host.is_loopback() ? Named::AsItStands : Named::Rule;
  for (const DoorRule& rule : *rules) {
    if (rule.host != host.text || (rule.port != 0 && rule.port != dial.port)) continue;
    best = std::max(best, rule.reach == Reach::Private ? Named::AsItStands : Named::Rule);
  }
  co_return best;
}

Task<Result<std::vector<IpAddress>>> Door::addresses_of(HostName host) {
  if (host.number) co_return std::vector{*host.number};
  // Not asked of a resolver, which might know better (RFC 6761).
  if (host.is_loopback()) co_return std::vector{IpAddress(IpAddress::V4{127, 0, 0, 1}), *IpAddress::parse("::1")};
  co_return co_await names_.addresses(host.text);
}

Result<> Door::all_public(const Dial& dial, const Passage& passage, Named named) {
  const HostName& host = passage.host;
  const bool is_trusted = dial.errand.purpose == Purpose::Provider && trusted_.contains({host.text, dial.port});
  for (const IpAddress& address : passage.addresses) {
    // A name that was allowed may come to resolve to what gives out a machine's own credentials; only its number allows that.
    const bool passes = named == Named::AsItStands && (is_trusted || host.number || !is_cloud_metadata(address));
    const std::string_view why = passes ? std::string_view{} : why_not_public(address, own());
    if (why.empty()) continue;
    if (host.number) return fail(Code::Denied, fmt::format("{} is not dialled: {}", peer_text(host, dial.port), why), "zo door allow " + peer_text(host, dial.port));
    const std::string advice = named == Named::AsItStands ? "" : host.is_loopback() ? "zo door allow " + peer_text(host, dial.port) : fmt::format("zo door allow {} --private", host.text);
    return fail(Code::Denied, fmt::format("{} is not dialled: it resolves to {}, and {}", peer_text(host, dial.port), address.text(), why), advice);
  }
  return {};
}

std::span<const IpAddress> Door::own() {
  if (clock_.steady_ms() - own_at_ >= kOwnKeptMs) {
    own_ = own_interfaces();
    own_at_ = clock_.steady_ms();
  }
  return own_;
}

void Door::trust(const HostPort& peer) { trusted_.emplace(peer.host.text, peer.port); }

}  // namespace zo
