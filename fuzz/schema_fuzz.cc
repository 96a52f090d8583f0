// Arguments that a model wrote, against the schemas of real tools and against schemas from outside: whatever comes is accepted
// or refused with a message, and what is accepted has what the schema requires. Links zo_tool.
#include <boost/json.hpp>

#include "base/text.h"
#include "tool/tools.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const zo::Json shell = *zo::parse_json(
      R"({"type":"object","properties":{"command":{"type":"string","minLength":1},"timeout_s":{"type":"integer","minimum":1}},)"
      R"("required":["command"],"additionalProperties":false})", "schema");
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = bytes.find('\n');
  const auto value = zo::parse_json(bytes.substr(0, middle), "arguments");
  if (!value) return 0;
  const zo::Result<> fits = zo::fits_schema(*value, shell, "arguments");
  if (fits) ZO_CHECK(zo::string_at(*value, "command") && !zo::string_at(*value, "command")->empty());
  if (!fits) ZO_CHECK(zo::is_valid_utf8(fits.error().message) && fits.error().message.size() < 1'000);
  if (middle == std::string_view::npos) return 0;
  if (const auto schema = zo::parse_json(bytes.substr(middle + 1), "schema")) (void)zo::fits_schema(*value, *schema, "arguments");
  return 0;
}
