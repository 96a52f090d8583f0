// What the API says of its shapes, against what went over the wire: every exchange of its tests is held to the route's row.
#pragma once

#include <string>
#include <string_view>

namespace zo {

struct Exchange {
  std::string_view method;
  std::string_view path;  // with its query
  std::string_view sent;
  int status = 0;
  std::string_view type;  // of what was received: "application/json"
  std::string_view received;
};

// Fails the test where the request of a success, its answer, an event of its stream, or an error is not as the description has it.
void expect_as_described(const Exchange& exchange);

}  // namespace zo
