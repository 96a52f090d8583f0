// What was learned of models, per person: in RAM, and as a setting each, "quirks.provider/model".
#pragma once

#include <map>
#include <string>
#include <utility>

#include "model/http_provider.h"
#include "store/store.h"

namespace zo {

class StoredQuirks final : public LearnedQuirks {
 public:
  explicit StoredQuirks(Store& store) : store_(store) {}  // outlives it

  // Reads what is kept; before anybody is asked.
  Task<Result<>> open();
  LearnedFacts learned(const PersonId& person, const std::string& model) const override;
  // Where it cannot be written it holds until the end of the process.
  Task<void> learn(PersonId person, std::string model, LearnedFacts more) override;
  Task<Result<>> forget(PersonId person, std::string model);

 private:
  Store& store_;
  std::map<std::pair<PersonId, std::string>, LearnedFacts> learned_;
};

}  // namespace zo
