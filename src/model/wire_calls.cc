#include "model/wire_calls.h"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kIdBytes = 64;

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

bool CallIds::fits(std::string_view id) const {
  if (chars_ != 0) return id.size() == chars_ && std::ranges::all_of(id, is_alphanumeric);
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; };
  return !id.empty() && id.size() <= kIdBytes && std::ranges::all_of(id, allowed);
}

std::string CallIds::next() {
  return chars_ == 0 ? fmt::format("call_{}", count_++) : fmt::format("c{:0{}}", count_++, chars_ - 1);
}

const std::string& CallIds::of_call(const std::string& id) {
  std::string name = id;
  while (!fits(name) || used_.contains(name)) name = next();
  used_.insert(name);
  return sent_as_[id] = std::move(name);
}

const std::string& CallIds::of_result(const std::string& id) {
  const auto known = sent_as_.find(id);
  return known != sent_as_.end() ? known->second : of_call(id);
}

std::string object_arguments(const std::string& arguments) {
  if (trim(arguments).empty()) return "{}";
  const auto value = parse_json(arguments, "arguments");
  if (value && value->is_object()) return arguments;
  return to_text(JsonObject{{"unparsed", to_valid_utf8(arguments)}});
}

}  // namespace zo
