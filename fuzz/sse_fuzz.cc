// Any bytes, cut anywhere, give the same events, and never more than the limit is kept. Links zo_net.
#include <cstdlib>

#include "net/sse.h"

namespace {

struct Outcome {
  std::vector<zo::SseEvent> events;
  bool good = true;
  bool unfinished = false;
};

Outcome read(std::string_view bytes, std::size_t piece, zo::SseEnd end) {
  zo::SseParser parser(256, end);
  Outcome out;
  for (std::size_t i = 0; out.good && i < bytes.size(); i += piece)
    out.good = parser.feed(bytes.substr(i, piece), out.events).has_value();
  out.unfinished = parser.unfinished();
  if (out.good) parser.finish(out.events);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const zo::SseEnd end = data[0] < 128 ? zo::SseEnd::BlankLine : zo::SseEnd::WholeJson;
  const Outcome whole = read(bytes, bytes.size(), end);
  const Outcome cut = read(bytes, 1u + data[0] % 16u, end);
  if (whole.good != cut.good) std::abort();
  if (whole.good && (whole.events != cut.events || whole.unfinished != cut.unfinished)) std::abort();
  for (const zo::SseEvent& event : whole.events) {
    if (event.data.size() > 256) std::abort();
    std::vector<zo::SseEvent> again;
    zo::SseParser parser;
    if (!parser.feed(zo::to_sse("", "", event.data), again) || again.size() != 1) std::abort();
    if (again[0].data != event.data) std::abort();
  }
  return 0;
}
