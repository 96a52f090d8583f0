// A request as a server with these quirks can take it: turns in an order that every template accepts, and without what was refused.
#pragma once

#include <vector>

#include "model/model.h"
#include "model/quirks.h"

namespace zo {

// Whatever the history was (failed, cancelled, empty, cut, edited turns, queued messages): questions that follow one another are one, each
// call has its result right behind it, empty turns are gone, the first turn is a person's and the last asks something. Where a server wants
// it so, a question behind a result is bridged, calls stand alone, or are told in words.
std::vector<ModelMessage> valid_turns(std::vector<ModelMessage> messages, const Quirks& quirks);

// What goes out of a request so. What a model sent beside its text goes back to that model alone. The request outlives it.
struct Fitted {
  std::string system;  // before the turns; empty: nothing
  std::vector<ModelMessage> messages;
  const std::vector<OfferedTool>* tools = nullptr;  // those of the request, or `plain`
  std::vector<OfferedTool> plain;
  bool response_schema = false;  // goes out as a schema; where there is one and this is false, `system` tells it in words

  Fitted() = default;
  Fitted(const Fitted&) = delete;
  Fitted& operator=(const Fitted&) = delete;
};
void fit(const ModelRequest& request, const Quirks& quirks, Fitted& out);

}  // namespace zo
