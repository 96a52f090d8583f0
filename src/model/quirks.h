// How a server differs from its dialect, as data. What is not known of a server beforehand is learned from its refusal: relax().
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace zo {

struct Quirks {
  std::string host;                       // opaque fields go back only to the host that sent them
  std::string tokens_field = "max_tokens";  // the name of the answer's limit
  bool stream_options = true;             // knows stream_options.include_usage
  bool response_schema = true;            // knows JSON Schema for the answer; otherwise the schema is told in words
  bool sampling = true;                   // takes temperature and top_p
  std::size_t call_id_chars = 0;          // ids of tool calls have exactly so many letters and digits; 0 = [a-zA-Z0-9_-]{1,64}

  bool operator==(const Quirks&) const = default;
};

// `base` is the address in the settings: "https://api.openai.com/v1".
Quirks quirks_of(std::string_view base);
// "api.openai.com" of "https://user:secret@api.openai.com:443/v1".
std::string host_of(std::string_view base);
// The address as it may be shown: without a user and password.
std::string shown_address(std::string_view base);

// A 400 that complains of something we sent and can do without: the quirks without it. Nothing when there is no such thing.
std::optional<Quirks> relax(const Quirks& quirks, std::string_view complaint);

}  // namespace zo
