#include "file/made_by_agents.h"

#include <algorithm>

#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kMost = 10'000;  // remembered; what an agent makes beyond is the owner's from then on

}  // namespace

Task<Result<>> MadeByAgents::open(Store& store, PersonId person) {
  store_ = &store;
  person_ = person;
  auto question = [person](Transaction& tx) -> Result<std::set<MadePlace>> {
    std::set<MadePlace> places;
    const auto rows = tx.query("SELECT path, inode, born_ns FROM agent_made WHERE person_id = ?", person);
    while (rows->next()) places.insert({rows->string(0), static_cast<ino_t>(rows->integer(1)), rows->integer(2)});
    return places;
  };
  ZO_CO_TRY(std::set<MadePlace> places, co_await store.read(std::move(question)));
  places_ = std::make_shared<std::set<MadePlace>>(std::move(places));
  co_return Result<>{};
}

Task<Result<>> MadeByAgents::add(std::set<MadePlace> made) {
  std::erase_if(made, [this](const MadePlace& place) { return places_->contains(place) || !is_valid_utf8(place.path); });
  if (made.empty() || places_->size() + made.size() > kMost) co_return Result<>{};
  auto grown = std::make_shared<std::set<MadePlace>>(*places_);
  // Of each path what stands there now.
  std::erase_if(*grown, [&made](const MadePlace& old) { return std::ranges::find(made, old.path, &MadePlace::path) != made.end(); });
  grown->insert(made.begin(), made.end());
  places_ = std::move(grown);
  if (store_ == nullptr) co_return Result<>{};
  auto change = [person = person_, made = std::move(made)](Transaction& tx) -> Result<> {
    for (const MadePlace& place : made)
      tx.change(
          "INSERT INTO agent_made (person_id, path, inode, born_ns) VALUES (?, ?, ?, ?) "
          "ON CONFLICT (person_id, path) DO UPDATE SET inode = excluded.inode, born_ns = excluded.born_ns",
          person, place.path, static_cast<std::int64_t>(place.inode), place.born_ns);
    return {};
  };
  co_return co_await store_->write(std::move(change));
}

}  // namespace zo
