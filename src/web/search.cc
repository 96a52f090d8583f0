#include "web/search.h"

#include <fmt/core.h>

#include <array>
#include <boost/json.hpp>

#include "async/deadline.h"
#include "base/text.h"
#include "model/provider_settings.h"
#include "tool/plain.h"
#include "web/pages.h"

namespace zo {
namespace {

constexpr std::size_t kTitleChars = 150;
constexpr std::size_t kComplaintChars = 160;

// How one is asked, and what it calls what.
struct SearchDialect {
  std::string_view provider;
  std::string_view path;
  bool posts;                     // the query as JSON; else in the address
  std::string_view query_name;
  std::string_view count_name;    // empty: it gives a page of its own size
  std::string_view more;          // of the address
  std::string_view key_header;
  std::string_view key_before;    // in that header
  std::string_view within;        // the member that holds `results`; empty: at the top
  std::string_view snippet_name;
};

constexpr std::array kDialects = {
    SearchDialect{"searxng", "/search", false, "q", "", "&format=json", "", "", "", "content"},
    SearchDialect{"brave", "/res/v1/web/search", false, "q", "count", "", "X-Subscription-Token", "", "web", "description"},
    SearchDialect{"tavily", "/search", true, "query", "max_results", "", "Authorization", "Bearer ", "", "content"},
};

HttpAsk ask_of(const SearchDialect& dialect, const std::string& base, const std::string& query, std::size_t count, const Credentials& credentials) {
  HttpAsk ask{.url = base + std::string(dialect.path)};
  ask.headers = {{"Accept", "application/json"}};
  if (dialect.posts) {
    ask.method = "POST";
    ask.headers.push_back({"Content-Type", "application/json"});
    ask.body = to_text(JsonObject{{dialect.query_name, query}, {dialect.count_name, count}});
  } else {
    ask.url += fmt::format("?{}={}", dialect.query_name, percent_encode(query));
    if (!dialect.count_name.empty()) ask.url += fmt::format("&{}={}", dialect.count_name, count);
    ask.url += dialect.more;
  }
  if (!credentials.key.empty() && !dialect.key_header.empty()) ask.headers.push_back({std::string(dialect.key_header), std::string(dialect.key_before) + credentials.key});
  for (const Header& header : credentials.headers) ask.headers.push_back(header);
  ask.first_byte_ms = limits::kWebSearchMs;
  ask.idle_ms = limits::kWebSearchMs;
  return ask;
}

// Of the few that snippets hold: tags are dropped, the usual references are read.
std::string words_of(std::string_view markup, std::size_t chars_max) {
  static constexpr std::pair<std::string_view, std::string_view> kReferences[]{{"&amp;", "&"},   {"&lt;", "<"},   {"&gt;", ">"},  {"&quot;", "\""},
                                                                               {"&#39;", "'"},   {"&#x27;", "'"}, {"&nbsp;", " "}};
  std::string words;
  for (std::size_t i = 0; i < markup.size() && words.size() < 4 * chars_max;) {
    if (markup[i] == '<') {
      const std::size_t end = markup.find('>', i);
      const bool is_tag = end != std::string_view::npos && i + 1 < markup.size() && (std::isalpha(static_cast<unsigned char>(markup[i + 1])) != 0 || markup[i + 1] == '/');
      if (is_tag) {
        i = end + 1;
        continue;
      }
    }
    const auto* const found = std::ranges::find_if(kReferences, [&](const auto& one) { return markup.substr(i).starts_with(one.first); });
    if (found != std::end(kReferences)) {
      words += found->second;
      i += found->first.size();
    } else {
      words += markup[i++];
    }
  }
  return one_line(plain_text(words), chars_max);
}

std::vector<WebHit> hits_in(const SearchDialect& dialect, const Json& answer, std::size_t count) {
  std::vector<WebHit> hits;
  const Json* const holder = dialect.within.empty() ? &answer : find(answer, dialect.within);
  const JsonArray* const results = holder != nullptr ? array_at(*holder, "results") : nullptr;
  if (results == nullptr) return hits;
  for (const Json& result : *results) {
    if (hits.size() == count) break;
    WebHit hit{.title = words_of(string_at(result, "title").value_or(""), kTitleChars),
               .url = text_at(result, "url"),
               .snippet = words_of(string_at(result, dialect.snippet_name).value_or(""), limits::kWebSnippetChars)};
    if (hit.url.size() <= limits::kFetchUrlBytes && peer_of(hit.url)) hits.push_back(std::move(hit));
  }
  return hits;
}

std::unexpected<Error> refused(const KnownProvider& provider, int status, std::string_view body) {
  const std::string advice = fmt::format("a person looks after it: zo key list, zo key add NAME --provider {}", provider.name);
  if (status == 403 && provider.key_variable.empty())
    return fail(Code::Denied, fmt::format("{} gives no JSON", provider.label), "its settings.yml needs: search: formats: [html, json]");
  if (status == 401 || status == 403) return fail(Code::Denied, fmt::format("{} does not take the key ({})", provider.label, status), advice);
  if (status == 402 || status == 429 || status == 432 || status == 433)
    return fail(Code::Exhausted, fmt::format("{} answers no more searches for now ({}): too many at once, or its credit is used up", provider.label, status), "try later");
  return fail(status >= 500 ? Code::Unavailable : Code::Invalid, fmt::format("{} answered {}: {}", provider.label, status, one_line(plain_text(body), kComplaintChars)));
}

struct Whole {
  int status = 0;
  std::string body;
};

Task<Result<Whole>> whole_answer(HttpClient& http, HttpAsk ask) {
  ZO_CO_TRY(HttpAnswer answer, co_await http.send(std::move(ask)));
  ZO_CO_TRY(std::string body, co_await answer.rest(limits::kWebSearchBytes));
  co_return Whole{answer.status, std::move(body)};
}

}  // namespace

Searches::Searches(Clock& clock, HttpClient& http, KeySource& keys, std::string searxng_url) : clock_(clock), http_(http), keys_(keys) {
  if (!trim(searxng_url).empty()) searxng_url_ = whole_base(trim(searxng_url), "", false);
}

Searches::Source Searches::source_of(const ProviderKey& key) const {
  const KnownProvider& known = *known_provider(key.provider);
  return {known, key.base_url.empty() ? std::string(known.base) : key.base_url, key.secret};
}

std::optional<Searches::Source> Searches::from_environment() const {
  if (searxng_url_.empty()) return std::nullopt;
  return Source{*known_provider("searxng"), searxng_url_, std::nullopt};
}

bool Searches::is_set() const { return !searxng_url_.empty() || keys_.any_search().has_value(); }

std::optional<Searches::Source> Searches::source_for(const PersonId& person) const {
  std::optional<Source> source;
  if (const std::optional<ProviderKey> key = keys_.search(person)) source = source_of(*key);
  if (const std::optional<Source> given = from_environment(); given && (!source || !source->secret)) source = given;
  return source;
}

std::string Searches::peer(const PersonId& person) const {
  const std::optional<Source> source = source_for(person);
  return source ? told_by(source->base) : "";
}

Task<Result<WebHits>> Searches::search(PersonId person, std::string run, std::string query, std::size_t count) {
  std::optional<Source> source = source_for(person);
  if (!source) co_return fail(Code::Unavailable, "no search provider is set", "zo key add search --provider brave, tavily or searxng");
  Errand errand{.person = std::move(person), .run = std::move(run), .purpose = Purpose::Provider};
  co_return co_await ask(std::move(*source), std::move(errand), std::move(query), count);
}

Task<Result<std::size_t>> Searches::test(PersonId person, std::string key_name) {
  for (const ProviderKey& key : keys_.list(person)) {
    if (key.name != key_name) continue;
    Errand errand{.person = person, .purpose = Purpose::Provider};
    ZO_CO_TRY(const WebHits found, co_await ask(source_of(key), std::move(errand), "weather", limits::kWebHitsDefault));
    co_return found.hits.size();
  }
  co_return fail(Code::NotFound, fmt::format("no key '{}'", one_line(key_name, 64)), "zo key list");
}

Task<Result<WebHits>> Searches::ask(Source source, Errand errand, std::string query, std::size_t count) {
  const auto* const dialect = std::ranges::find(kDialects, source.provider.name, &SearchDialect::provider);
  ZO_CHECK(dialect != kDialects.end());
  ZO_CO_TRY(const Credentials credentials, co_await keys_.credentials(source.provider, source.secret));
  HttpAsk asked = ask_of(*dialect, source.base, query, std::min(count, limits::kWebHits), credentials);
  asked.errand = std::move(errand);
  const std::optional<Result<Whole>> answer = co_await within(clock_, limits::kWebSearchMs, whole_answer(http_, std::move(asked)));
  if (!answer) co_return fail(Code::Timeout, fmt::format("{} has not answered within {} s", source.provider.label, limits::kWebSearchMs / 1'000), "try later");
  if (!*answer) co_return std::unexpected((*answer).error());
  if ((*answer)->status != 200) co_return refused(source.provider, (*answer)->status, (*answer)->body);
  const Result<Json> json = parse_json((*answer)->body, "the answer of " + std::string(source.provider.label));
  if (!json) co_return fail(Code::Invalid, fmt::format("{} did not answer with JSON", source.provider.label), "is its address right? zo key list");
  co_return WebHits{std::string(source.provider.label), hits_in(*dialect, *json, std::min(count, limits::kWebHits))};
}

}  // namespace zo
