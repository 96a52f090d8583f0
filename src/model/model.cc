#include "model/model.h"

#include "model/provider.h"

namespace zo {

std::string system_of(const ModelRequest& request) {
  const bool both = !request.system.empty() && !request.instructions.empty();
  return request.system + (both ? "\n\n" : "") + request.instructions;
}

std::string_view source_name(ModelSource source) {
  switch (source) {
    case ModelSource::Embedded: return "embedded";
    case ModelSource::Environment: return "environment";
    case ModelSource::Loopback: return "loopback";
    case ModelSource::Key: return "key";
  }
  ZO_CHECK(false);
}

std::string_view state_name(ModelState state) {
  switch (state) {
    case ModelState::Ready: return "ready";
    case ModelState::Offered: return "offered";
    case ModelState::NotInstalled: return "not_installed";
    case ModelState::Loading: return "loading";
    case ModelState::Stopped: return "stopped";
    case ModelState::Failed: return "failed";
  }
  ZO_CHECK(false);
}

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
