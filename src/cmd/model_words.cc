#include "cmd/model_words.h"

#include <boost/json.hpp>

namespace zo {
namespace {

// Those that a server on loopback has just listed say where it is; of others only a name or a key is known.
bool has_answered(const Json& model) { return string_at(model, "source") == "embedded" || text_at(model, "detail").starts_with("at "); }

}  // namespace

std::string model_state(const Json& model) {
  std::string state = text_at(model, "state");
  const bool usable = state == "ready" || state == "offered";
  return usable && !has_answered(model) ? "not_asked" : state;
}

std::string model_state_words(const Json& model) {
  const std::string detail = text_at(model, "detail");
  std::string words = model_state(model);
  if (words == "not_asked") words = detail.empty() ? "chosen, not asked" : "key set, not asked";
  if (words == "offered") words = "found, not chosen";  // "offered" is a word of the page
  if (words == "not_installed") words = "not installed";
  return detail.empty() ? words : words + ": " + detail;
}

}  // namespace zo
