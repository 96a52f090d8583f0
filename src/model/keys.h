// Where a provider gets the key of a person: asked for each request anew, so that nobody else keeps one. Today the keys are what the
// environment said when the program began, and everybody's here.
#pragma once

#include <map>
#include <string>

#include "async/task.h"
#include "base/id.h"
#include "base/result.h"
#include "model/known_models.h"

namespace zo {

class KeySource {
 public:
  // By name of the provider's variable: "OPENAI_API_KEY".
  explicit KeySource(std::map<std::string, std::string, std::less<>> by_variable) : by_variable_(std::move(by_variable)) {}

  // Whether there is one; without looking at it.
  bool has(const PersonId& person, const KnownProvider& provider) const;
  // Empty: none is sent. An Error is told to whoever asks the provider.
  Task<Result<std::string>> key(PersonId person, KnownProvider provider);

 private:
  std::map<std::string, std::string, std::less<>> by_variable_;
};

}  // namespace zo
