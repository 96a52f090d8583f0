// What providers say when something is wrong, turned into our errors: one table from their statuses, types and codes to ours.
// Code::Unavailable is what may be tried again; everything else stays wrong however often it is asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace zo {

// Who answers, as errors name it and as opaque fields remember it.
struct Speaker {
  std::string provider;       // "openai"
  std::string model;          // "gpt-5.4"; may be empty
  std::string host;           // "api.openai.com"
  std::string key_advice;     // what to do about a refused key: "set OPENAI_API_KEY and start again"; empty when it needs none
  std::string base_variable;  // "OPENAI_BASE_URL"

  std::string name() const { return model.empty() ? provider : provider + "/" + model; }
};

// A provider's complaint: the body of an HTTP error, or an error inside a stream.
struct Complaint {
  int status = 0;  // HTTP, or the one that the body claims; 0 = unknown
  std::string type;
  std::string code;
  std::string message;
  std::optional<std::int64_t> retry_ms;  // how long it asks to wait
  std::int64_t window = 0;               // of its model, where it tells that in a field of its own
};

// Reads all the shapes in use: {"error":{…}}, {"error":"…"}, {"type":"error","error":{…}}, {"message":…}, {"detail":…}, text.
Complaint read_complaint(int status, const Json& body);
Complaint read_complaint(int status, std::string_view body);

inline constexpr std::size_t kComplaintRead = 500;  // bytes of a complaint that are looked at: some servers repeat the request behind it

// Whether more was sent than the model's window takes.
bool is_too_long(const Complaint& complaint);

Error to_error(const Complaint& complaint, const Speaker& speaker);

// The stream ended before its end.
Error truncated(const Speaker& speaker);
// The provider says itself that it broke off, by that word.
Error broken_off(const Speaker& speaker, std::string_view word);
// What came is no answer of this dialect.
Error unreadable(const Speaker& speaker, std::string_view why);
// More came than one answer may hold (limits::kReplyBytes).
Error too_long(const Speaker& speaker);

// `text` without `key` and without anything that looks like a key.
std::string without_key(std::string_view text, std::string_view key);

}  // namespace zo
