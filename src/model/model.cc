#include "model/model.h"

namespace zo {

std::string_view finish_name(Finish finish) {
  switch (finish) {
    case Finish::Stop: return "stop";
    case Finish::Length: return "length";
    case Finish::ToolCalls: return "tool_calls";
    case Finish::ContentFilter: return "content_filter";
    case Finish::Refusal: return "refusal";
  }
  ZO_CHECK(false);
}

}  // namespace zo
