// Tool calls on their way back to a provider. Ids that one provider invented may be refused by another, or repeat from one
// answer to the next; they are renamed, the call and its result alike.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace zo {

class CallIds {
 public:
  // `chars`: exactly so many letters and digits; 0 = [a-zA-Z0-9_-]{1,64}.
  explicit CallIds(std::size_t chars) : chars_(chars) {}

  // To be asked for the calls and results of a conversation in their order.
  const std::string& of_call(const std::string& id);
  const std::string& of_result(const std::string& id);

 private:
  bool fits(std::string_view id) const;
  std::string next();

  std::size_t chars_;
  std::map<std::string, std::string> sent_as_;
  std::set<std::string> used_;
  std::size_t count_ = 0;
};

// A JSON object in any case: what the model wrote, or {"unparsed": "…"} when that was none, so that servers which parse it
// do not fail and the model sees what it did.
std::string object_arguments(const std::string& arguments);

}  // namespace zo
