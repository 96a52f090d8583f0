// The parser of OpenAI Chat Completions sees bytes from outside: nothing in them may crash it, and what the reader is told must
// agree with the answer, whose calls may also stand in its text. The first byte says how the rest is cut.
#include "replay.h"
#include "model/chat.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<zo::OfferedTool> tools{
      {.name = "shell", .description = "", .parameters = R"({"type":"object","properties":{"command":{"type":"string"},"time_s":{"type":"integer"}},"required":["command"]})"}};
  const auto make = [](zo::Speaker speaker, zo::OnDelta on_delta) { return zo::chat_parser(std::move(speaker), std::move(on_delta), tools); };
  return zo::fuzz_replay(make, data, size);
}
