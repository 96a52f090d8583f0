#include "model/stored_quirks.h"

#include "base/log.h"
#include "store/settings.h"

namespace zo {
namespace {

constexpr std::string_view kSetting = "quirks.";
constexpr std::size_t kModelsMost = 1'000;  // of all persons; then no more is remembered

}  // namespace

Task<Result<>> StoredQuirks::open() {
  using Row = std::tuple<PersonId, std::string, std::string>;
  auto question = [](Transaction& tx) -> Result<std::vector<Row>> {
    std::vector<Row> found;
    const auto rows = tx.query("SELECT person_id, name, value FROM settings WHERE substr(name, 1, 7) = ?", kSetting);
    while (rows->next()) found.emplace_back(rows->id<PersonId>(0), rows->text(1).substr(kSetting.size()), rows->text(2));
    return found;
  };
  ZO_CO_TRY(const std::vector<Row> rows, co_await store_.read(std::move(question)));
  for (const auto& [person, model, text] : rows) learned_[{person, model}] = facts_from_text(text);
  co_return Result<>{};
}

LearnedFacts StoredQuirks::learned(const PersonId& person, const std::string& model) const {
  const auto found = learned_.find({person, model});
  return found != learned_.end() ? found->second : LearnedFacts{};
}

Task<void> StoredQuirks::learn(PersonId person, std::string model, LearnedFacts more) {
  if (learned_.size() >= kModelsMost && !learned_.contains({person, model})) co_return;
  LearnedFacts& facts = learned_[{person, model}];
  for (auto& [name, fact] : more) facts[name] = fact;
  std::string text = facts_to_text(facts);
  const Result<> kept = co_await write_setting(store_, std::move(person), std::string(kSetting) + model, std::move(text));
  if (!kept) log_error("model", "what was learned of " + model + " could not be kept: " + kept.error().message);
}

Task<Result<>> StoredQuirks::forget(PersonId person, std::string model) {
  learned_.erase({person, model});
  co_return co_await write_setting(store_, std::move(person), std::string(kSetting) + model, std::nullopt);
}

}  // namespace zo
