// The parser of OpenAI Chat Completions sees bytes from outside: nothing in them may crash it, and what the reader is told must
// agree with the answer. The first byte says how the rest is cut.
#include "replay.h"
#include "model/chat.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zo::fuzz_replay(zo::chat_parser, data, size);
}
