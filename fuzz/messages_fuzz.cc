// The parser of Anthropic Messages, as chat_fuzz.cc does it.
#include "replay.h"
#include "model/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zo::fuzz_replay(zo::messages_parser, data, size);
}
