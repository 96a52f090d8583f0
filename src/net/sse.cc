#include "net/sse.h"

#include "base/text.h"

namespace zo {
namespace {

constexpr std::string_view kDone = "[DONE]";  // what ends the streams of many models
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Appends "name: line" for every line of `text`; a reader joins the lines of `data` again with LF.
void append_field(std::string& out, std::string_view name, std::string_view text) {
  for (;;) {
    const std::size_t end = text.find_first_of("\r\n");
    out.append(name).append(": ").append(text.substr(0, end)).push_back('\n');
    if (end == text.npos) return;
    const bool crlf = text.substr(end, 2) == "\r\n";
    text.remove_prefix(end + (crlf ? 2 : 1));
  }
}

}  // namespace

Result<> SseParser::feed(std::string_view bytes, std::vector<SseEvent>& out) {
  while (!bytes.empty()) {
    if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);  // the second half of a CRLF
    after_cr_ = false;
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    if (data_.size() + line_.size() + part.size() > line_bytes_max_) return too_long();
    line_.append(part);
    if (end == bytes.npos) return {};
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    end_line(out);
  }
  return {};
}

std::unexpected<Error> SseParser::too_long() const {
  return fail(Code::Exhausted,
              "a line or an event of the stream is longer than " + human_size(line_bytes_max_) + ", the limit");
}

void SseParser::end_line(std::vector<SseEvent>& out) {
  std::string_view line = line_;
  if (std::exchange(at_start_, false) && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  if (line.empty()) {
    dispatch(out);
  } else {
    take_field(line, out);
  }
  // One long line must not hold its memory for the rest of the stream.
  if (line_.capacity() > 64 * limits::KiB) std::string().swap(line_);
  line_.clear();
}

void SseParser::take_field(std::string_view line, std::vector<SseEvent>& out) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);  // empty for a comment
  std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    if (has_data_) data_.push_back('\n');
    data_.append(value);
    has_data_ = true;
    if (end_ == SseEnd::BlankLine) return;
    extent_.feed(value);
    if (extent_.whole() || data_ == kDone) dispatch(out);
  } else if (name == "event") {
    kind_ = value;
  } else if (name == "id" && value.find('\0') == value.npos) {
    id_ = value;
  }
}

void SseParser::finish(std::vector<SseEvent>& out) {
  if (end_ == SseEnd::BlankLine) return;
  if (!line_.empty()) end_line(out);
  dispatch(out);
}

void SseParser::dispatch(std::vector<SseEvent>& out) {
  if (has_data_) out.push_back({.kind = kind_.empty() ? "message" : kind_, .data = std::move(data_), .id = id_});
  data_.clear();
  extent_ = {};
  kind_.clear();
  has_data_ = false;
}

std::string to_sse(std::string_view id, std::string_view kind, std::string_view data) {
  ZO_CHECK(id.find_first_of("\r\n") == id.npos && kind.find_first_of("\r\n") == kind.npos);
  std::string out;
  out.reserve(id.size() + kind.size() + data.size() + 32);
  if (!id.empty()) append_field(out, "id", id);
  if (!kind.empty()) append_field(out, "event", kind);
  append_field(out, "data", data);
  out.push_back('\n');
  return out;
}

}  // namespace zo
