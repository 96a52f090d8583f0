// Server-sent events (WHATWG HTML, section 9.2.6): the parser for what providers send, the writer for what we send.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_extent.h"
#include "base/limits.h"
#include "base/result.h"

namespace zo {

struct SseEvent {
  std::string kind;  // "message" when the stream named none
  std::string data;
  std::string id;  // the last one the stream gave, as the specification wants
  bool operator==(const SseEvent&) const = default;
};

// What ends an event. WholeJson: also the end of the one JSON object that its data is, since some servers leave the blank line out, and
// what the stream's end leaves unfinished.
enum class SseEnd { BlankLine, WholeJson };

// Fed with bytes cut anywhere; LF, CRLF and CR end lines; a BOM at the start, comments and unknown fields are skipped.
class SseParser {
 public:
  explicit SseParser(std::size_t line_bytes_max = limits::kSseLineBytes, SseEnd end = SseEnd::BlankLine) : line_bytes_max_(line_bytes_max), end_(end) {}

  // Complete events are appended to `out`. Exhausted when one event, its unfinished line included, grows beyond the limit.
  Result<> feed(std::string_view bytes, std::vector<SseEvent>& out);
  // At the end of the stream: with WholeJson what is left is an event, too.
  void finish(std::vector<SseEvent>& out);
  // True when bytes of an unfinished event are left (the stream was cut).
  bool unfinished() const { return !line_.empty() || has_data_; }

 private:
  std::unexpected<Error> too_long() const;
  void end_line(std::vector<SseEvent>& out);
  void take_field(std::string_view line, std::vector<SseEvent>& out);
  void dispatch(std::vector<SseEvent>& out);

  std::size_t line_bytes_max_;
  SseEnd end_;
  JsonExtent extent_;  // of the data so far
  std::string line_;
  std::string data_;
  std::string kind_;
  std::string id_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool at_start_ = true;
};

// One event as bytes; `data` may hold newlines (each kind of line end is read back as LF), id and kind may not. An empty id or
// kind is left out.
std::string to_sse(std::string_view id, std::string_view kind, std::string_view data);

}  // namespace zo
