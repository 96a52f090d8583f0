// The parser of Anthropic Messages, as chat_fuzz.cc does it.
#include "replay.h"
#include "model/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto make = [](zo::Speaker speaker, zo::OnDelta on_delta) { return zo::messages_parser(std::move(speaker), std::move(on_delta)); };
  return zo::fuzz_replay(make, data, size);
}
