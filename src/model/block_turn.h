// What a small model is asked, turn by turn (block_form.h is how it answers). Its prompt is short, and its beginning is the same byte for
// byte in every request, so that the server has read it already; what it did before is shown to it as the blocks that it wrote.
#pragma once

#include <string>
#include <vector>

#include "model/block_form.h"

namespace zo {

enum class Turn {
  Choose,  // a call, or a reply
  Call,    // a call
  Reply,   // a reply
  Plain,   // text: there are no tools
  Object,  // what response_schema asks for
};

// With what an answer to that request begins. After too many calls for one question only a reply is left.
Turn first_turn(const ModelRequest& request);
// What the model is really asked, in turns of its own. `draft` is what a Turn::Object puts into form; may be empty.
ModelRequest turn_request(const ModelRequest& request, Turn turn, std::string_view draft = {});
// What makes it read the fixed beginning, and write nothing.
ModelRequest warm_request(const std::vector<OfferedTool>& tools);

// The newest call since the person spoke, as the model wrote it; empty when there is none. Small models like to repeat it.
std::string last_call(const ModelRequest& request);
// An id that no call of that conversation has.
std::string next_call_id(const ModelRequest& request);

}  // namespace zo
