// Feeds bytes to a parser of a provider's stream and checks what must hold for any bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "base/text.h"
#include "model/reply_parser.h"
#include "model/provider_error.h"
#include "model/provider.h"
#include "net/sse.h"

namespace zo {

struct FuzzReader {
  std::string text;
  std::vector<std::string> arguments;
  std::vector<bool> ended;

  void operator()(const delta::Text& d) { text += d.text; }
  void operator()(const delta::Reasoning&) {}
  void operator()(const delta::CallStart& d) {
    ZO_CHECK(static_cast<std::size_t>(d.index) == arguments.size() && !d.id.empty() && !d.name.empty());
    arguments.emplace_back();
    ended.push_back(false);
  }
  void operator()(const delta::CallArguments& d) {
    const auto index = static_cast<std::size_t>(d.index);
    ZO_CHECK(index < arguments.size() && !ended[index]);
    arguments[index] += d.text;
  }
  void operator()(const delta::CallEnd& d) { ended.at(static_cast<std::size_t>(d.index)) = true; }
  void operator()(const delta::State&) {}
  void operator()(const delta::Retrying&) {}
};

template <class MakeParser>
int fuzz_replay(MakeParser make_parser, const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = 1 + data[0];
  FuzzReader reader;
  const auto parser = make_parser(Speaker{.provider = "fuzz", .model = "m", .host = "h"},
                                  [&reader](const Delta& delta) { std::visit(reader, delta); });
  SseParser lines(limits::kSseLineBytes, SseEnd::WholeJson);
  std::vector<SseEvent> events;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    events.clear();
    if (!lines.feed(bytes.substr(0, piece), events)) return 0;
    for (const SseEvent& event : events)
      if (!parser->feed(event)) return 0;
  }
  const Result<ModelReply> reply = parser->finish(data[0] % 2 == 0 ? ReplyParser::Body::Ended : ReplyParser::Body::Broke);
  if (!reply) return 0;
  std::size_t next = 0;
  for (const ModelCall& call : reply->calls) {
    while (next < reader.arguments.size() && reader.arguments[next] != call.arguments) ++next;
    ZO_CHECK(next < reader.arguments.size() && reader.ended[next]);
    ++next;
  }
  // What turned out to be thinking was told as text before.
  ZO_CHECK(reader.text.ends_with(reply->text));
  ZO_CHECK(is_valid_utf8(reply->text) && is_valid_utf8(reply->reasoning) && is_valid_utf8(reply->opaque));
  return 0;
}

}  // namespace zo
