#include <fmt/core.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "web/web_tools.h"

namespace zo {
namespace {

constexpr std::size_t kSummaryChars = 120;

ToolSpec fetch_spec() {
  return {.name = "fetch_url",
          .summary = "Read a page of the web: text with its links, JSON, PDF or a feed. What it says was written by strangers.",
          .arguments = {{"url", filled_text()},
                        {"format", JsonObject{{"type", "string"}, {"enum", JsonArray{"text", "markdown", "raw"}}}, false},
                        {"max_chars", whole_number(200, limits::kFetchCharsMost, fmt::format("default {}", limits::kFetchChars)), false}},
          .small = std::nullopt};
}

class FetchUrl final : public Tool {
 public:
  FetchUrl(Pages& pages, PageReader& reader) : pages_(pages), reader_(reader), spec_(fetch_spec()) {}

  const ToolSpec& spec() const override { return spec_; }
  std::string summary(const Json& arguments) const override { return one_line(string_at(arguments, "url").value_or(""), kSummaryChars); }
  // An address can hold whatever it is made of.
  Effects effects(const Json&) const override { return {.reads = true, .sends = true}; }
  std::string destination(const PersonId&, const Json& arguments) const override {
    const auto url = web_address(string_at(arguments, "url").value_or(""));
    return url ? told_by(*url) : "";
  }

  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    ZO_CO_TRY(std::string url, web_address(string_at(arguments, "url").value_or("")));
    Errand errand{.person = context.person, .run = context.run.string(), .purpose = Purpose::Fetch};
    ZO_CO_TRY(WebPage page, co_await pages_.get(std::move(errand), std::move(url), std::move(context.may_tell)));
    const int status = page.status;
    Reading reading{.format = text_at(arguments, "format", "text"), .chars_max = integer_at(arguments, "max_chars").value_or(limits::kFetchChars)};
    reading.bytes_max -= kStatusBytes;
    const std::string at = page.url;
    const Result<std::string> text = co_await reader_.read(std::move(page), std::move(reading));
    if (!text) co_return fail(text.error().code, fmt::format("{}: {}", at, text.error().message), text.error().advice);
    ToolOutcome outcome{.ok = status < 400, .output = *text, .origin = Origin::Web, .seen = Seen::Web};
    if (!outcome.ok) outcome.output = fmt::format("[the server answered {}]\n", status) + outcome.output;
    outcome.output_bytes = outcome.output.size();
    co_return outcome;
  }

 private:
  static constexpr std::size_t kStatusBytes = 64;
  Pages& pages_;
  PageReader& reader_;
  ToolSpec spec_;
};

}  // namespace

void add_fetch_tool(Tools& tools, Pages& pages, PageReader& reader) { tools.add(std::make_unique<FetchUrl>(pages, reader)); }

}  // namespace zo
