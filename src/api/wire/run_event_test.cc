#include "api/wire/run_event.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <set>

#include "testing/temp_folder.h"

namespace zo {
namespace {

// Times are not read back.
void forget_times(Json& value) {
  if (JsonArray* list = value.if_array())
    for (Json& each : *list) forget_times(each);
  if (JsonObject* object = value.if_object()) {
    for (const char* time : {"created_at", "started_at", "updated_at", "finished_at"}) object->erase(time);
    for (auto& [name, member] : *object) forget_times(member);
  }
}

std::string without_times(Json value) {
  forget_times(value);
  return to_text(value);
}

TEST(RunEventJson, WhatIsReadBackIsWhatWasWritten) {
  std::set<std::string> kinds;
  for (const auto& file : std::filesystem::directory_iterator(std::string(ZO_SOURCE_DIR) + "/tests/golden")) {
    if (!file.path().string().ends_with(".events.json")) continue;
    for (const Json& told : boost::json::parse(read_whole_file(file.path().string())).as_array()) {
      const std::string kind(std::string_view(told.at("kind").as_string()));
      if (kind == "end") continue;  // of the stream, not of the run
      const std::optional<FeedEvent<RunEvent>> event = event_from_json(kind, told.at("data"));
      ASSERT_TRUE(event) << kind;
      EXPECT_EQ(kind_of(event->what), kind);
      EXPECT_EQ(without_times(*parse_json(event_text(*event), "event")), without_times(told.at("data"))) << file.path();
      kinds.insert(kind);
    }
  }
  EXPECT_GE(kinds.size(), 15u);
}

TEST(RunEventJson, AKindThatIsNotKnownIsNoEvent) { EXPECT_FALSE(event_from_json("from_the_future", JsonObject{{"number", 1}})); }

}  // namespace
}  // namespace zo
