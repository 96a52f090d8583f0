// Searching the web by a provider that the owner has set: SearXNG at an address of his, Brave or Tavily with a key. They differ in where
// they are asked and what they call things, which is data (search.cc).
//   SearXNG: docs.searxng.org/dev/search_api.html; Brave: api-dashboard.search.brave.com/app/documentation; Tavily: docs.tavily.com.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "async/clock.h"
#include "model/keys.h"
#include "net/http_client.h"

namespace zo {

struct WebHit {
  std::string title;    // one line of plain text, as is the snippet
  std::string url;      // http or https
  std::string snippet;  // at most limits::kWebSnippetChars
};

struct WebHits {
  std::string provider;  // for people: "Brave Search"
  std::vector<WebHit> hits;
};

class Searches {
 public:
  // `searxng_url`: of the environment; may be empty. The others outlive it.
  Searches(Clock& clock, HttpClient& http, KeySource& keys, std::string searxng_url);

  // Of the environment; the owner has typed it. Empty: none.
  const std::string& environment_address() const { return searxng_url_; }
  // Whether anybody can search.
  bool is_set() const;
  // "api.tavily.com:443": who is told of a search of that person's. Empty while none is set.
  std::string peer(const PersonId& person) const;
  // At most `count`, and limits::kWebHits. Errors say in words what the provider wants.
  Task<Result<WebHits>> search(PersonId person, std::string run, std::string query, std::size_t count);
  // With that key, whichever is in use: how many pages were found for a common word.
  Task<Result<std::size_t>> test(PersonId person, std::string key_name);

 private:
  struct Source {
    KnownProvider provider;
    std::string base;
    std::optional<SecretId> secret;
  };
  Source source_of(const ProviderKey& key) const;
  std::optional<Source> from_environment() const;
  // What that person searches with: a key that was given goes before the environment.
  std::optional<Source> source_for(const PersonId& person) const;
  Task<Result<WebHits>> ask(Source source, Errand errand, std::string query, std::size_t count);

  Clock& clock_;
  HttpClient& http_;
  KeySource& keys_;
  std::string searxng_url_;
};

}  // namespace zo
