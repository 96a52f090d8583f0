#include <fmt/core.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "web/web_tools.h"

namespace zo {
namespace {

constexpr std::size_t kSummaryChars = 120;
constexpr std::int64_t kQueryChars = 400;  // as much as the providers take

ToolSpec search_spec() {
  return {.name = "web_search",
          .summary = "Search the web: titles, addresses and a few words of each page; fetch_url reads one. Name the pages that an answer rests on.",
          .arguments = {{"query", JsonObject{{"type", "string"}, {"minLength", 1}, {"maxLength", kQueryChars}}},
                        {"count", whole_number(1, limits::kWebHits, fmt::format("default {}", limits::kWebHitsDefault)), false}},
          .small = std::nullopt};
}

std::string shown(const WebHits& found, std::string_view query) {
  if (found.hits.empty()) return fmt::format("{} found nothing for: {}", found.provider, query);
  std::string text = fmt::format("{} found for: {}\n", found.provider, query);
  for (std::size_t i = 0; i < found.hits.size(); ++i) {
    const WebHit& hit = found.hits[i];
    const auto peer = peer_of(hit.url);
    const std::string entry = fmt::format("\n{}. {} — {}\n   {}\n{}", i + 1, hit.title.empty() ? "without a title" : hit.title, peer ? peer->host.text : "",
                                          hit.url, hit.snippet.empty() ? "" : "   " + hit.snippet + "\n");
    if (text.size() + entry.size() > limits::kOutputShown) break;
    text += entry;
  }
  return text;
}

class WebSearch final : public Tool {
 public:
  explicit WebSearch(Searches& searches) : searches_(searches), spec_(search_spec()) {}

  const ToolSpec& spec() const override { return spec_; }
  bool is_ready() const override { return searches_.is_set(); }
  std::string summary(const Json& arguments) const override { return one_line(string_at(arguments, "query").value_or(""), kSummaryChars); }
  Effects effects(const Json&) const override { return {.reads = true, .sends = true}; }
  std::string destination(const PersonId& person, const Json&) const override { return searches_.peer(person); }

  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    std::string query = one_line(string_at(arguments, "query").value_or(""), 4 * kQueryChars);
    const auto count = static_cast<std::size_t>(integer_at(arguments, "count").value_or(limits::kWebHitsDefault));
    ZO_CO_TRY(const WebHits found, co_await searches_.search(context.person, context.run.string(), query, count));
    ToolOutcome outcome{.output = shown(found, query), .origin = Origin::Web, .seen = Seen::Web};
    outcome.output_bytes = outcome.output.size();
    co_return outcome;
  }

 private:
  Searches& searches_;
  ToolSpec spec_;
};

}  // namespace

void add_search_tool(Tools& tools, Searches& searches) { tools.add(std::make_unique<WebSearch>(searches)); }

void add_web_tools(Tools& tools, Pages& pages, PageReader& reader, Searches& searches) {
  add_fetch_tool(tools, pages, reader);
  add_search_tool(tools, searches);
}

}  // namespace zo
