#include "model/keys.h"

namespace zo {

bool KeySource::has(const PersonId&, const KnownProvider& provider) const {
  const auto found = by_variable_.find(provider.key_variable);
  return found != by_variable_.end() && !found->second.empty();
}

Task<Result<std::string>> KeySource::key(PersonId, KnownProvider provider) {
  const auto found = by_variable_.find(provider.key_variable);
  co_return found == by_variable_.end() ? std::string() : found->second;
}

}  // namespace zo
