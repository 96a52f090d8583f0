#include "limit/limits.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "store/settings.h"
#include "store/store.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

std::string read_back(std::string_view name, std::string_view text) {
  const LimitSpec& spec = **find_limit(name);
  const Result<std::int64_t> value = limit_from_text(spec, text);
  return value ? limit_text(spec, *value) : sentence(value.error());
}

TEST(LimitText, IsReadAsPeopleWriteIt) {
  EXPECT_EQ(read_back("tokens_a_day", "3000000"), "3,000,000");
  EXPECT_EQ(read_back("tokens_a_day", " 2.5M"), "2,500,000");
  EXPECT_EQ(read_back("tokens_a_day", "3,000,000"), "3,000,000");
  EXPECT_EQ(read_back("command_memory", "4 GB"), "4 GB");
  EXPECT_EQ(read_back("command_memory", "4gb"), "4 GB");
  EXPECT_EQ(read_back("command_memory", "512MiB"), "536 MB");
  EXPECT_EQ(read_back("command_memory", "100000000"), "100 MB");
  EXPECT_EQ(read_back("minutes_a_run", "90 min"), "1 h 30 min");
  EXPECT_EQ(read_back("minutes_a_run", "1 h 30 min"), "1 h 30 min");
  EXPECT_TRUE(read_back("minutes_a_run", "1 h 30 weeks").starts_with("'1 h 30 weeks' is not a value"));
  EXPECT_TRUE(read_back("command_memory", "4 GB 2").starts_with("'4 GB 2' is not a value"));
  EXPECT_EQ(read_back("minutes_a_run", "1.5h"), "1 h 30 min");
  EXPECT_EQ(read_back("minutes_a_run", "45"), "45 min");
  EXPECT_EQ(read_back("command_time", "90"), "1 min 30 s");
  EXPECT_EQ(read_back("command_time", "2 minutes"), "2 min");
}

TEST(LimitText, SaysTheFormAndTheBounds) {
  EXPECT_EQ(read_back("steps_a_run", "many"), "'many' is not a value of steps_a_run: write it like 3000000 or 3M (try: steps_a_run is between 1 and 10,000)");
  EXPECT_EQ(read_back("command_memory", "4 kg"), "'4 kg' is not a value of command_memory: write it like 4 GB or 512 MiB (try: command_memory is between 64 MB and 100 TB)");
  for (const char* nonsense : {"", "-3", "nan", "inf", "0x10", "1e3", "4 GB 4", "9999999999999999999999"}) EXPECT_TRUE(read_back("steps_a_run", nonsense).find("not a value") != std::string::npos) << nonsense;
  EXPECT_EQ(read_back("steps_a_run", "0"), "steps_a_run is between 1 and 10,000 (try: zo limit set steps_a_run default takes it back)");
  EXPECT_EQ(read_back("minutes_a_run", "20 s"), "minutes_a_run is between 1 min and 168 h (try: zo limit set minutes_a_run default takes it back)");
  EXPECT_EQ(find_limit("step_a_run").error(), (Error{Code::NotFound, "there is no limit 'step_a_run'", "steps_a_run"}));
  EXPECT_EQ(find_limit("bananas").error().advice, "zo limit list");
}

// What an error advises can be typed as it stands, and is more.
TEST(LimitText, AdvisesWhatCanBeTyped) {
  for (const LimitSpec& spec : limit_specs()) {
    const std::string advice = or_raise("wait", spec.limit, spec.usual);
    const std::string begin = "wait; zo limit set " + std::string(spec.name) + " ";
    ASSERT_TRUE(advice.starts_with(begin) && advice.ends_with(" allows more")) << advice;
    const std::string typed = advice.substr(begin.size(), advice.size() - begin.size() - 12);
    EXPECT_EQ(typed.find(' '), std::string::npos) << typed;
    const Result<std::int64_t> more = limit_from_text(spec, typed);
    EXPECT_TRUE(more && *more > spec.usual) << advice;
    EXPECT_EQ(or_raise("wait", spec.limit, spec.most), "wait");
    EXPECT_TRUE(spec.protects.ends_with('.')) << spec.name;
  }
  EXPECT_EQ(or_raise("", Limit::StepsARun, 40), "zo limit set steps_a_run 80 allows more");
}

struct LimitsTest : testing::Test {
  TempFolder folder;
  asio::io_context io{1};
  std::unique_ptr<Store> store = std::move(*Store::open({folder / "zo.db", folder / "backup"}));
  const PersonId ann = person("01J0000000000000000000000A");
  const PersonId ben = person("01J0000000000000000000000B");

  PersonId person(const char* id) {
    auto add = [id](Transaction& tx) -> Result<> {
      tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'somebody', 1)", id);
      return {};
    };
    EXPECT_TRUE(run(io, store->write(add)));
    return PersonId::stored(id);
  }
};

TEST_F(LimitsTest, WhatIsChosenHoldsAtOnceAndAfterAStart) {
  {
    Limits limits(*store, 500);
    ASSERT_TRUE(run(io, limits.open()));
    EXPECT_EQ(limits.of(ann, Limit::StepsARun), 40);
    EXPECT_EQ(limits.of(ann, Limit::TokensADay), 500) << "what is usual here";
    ASSERT_TRUE(run(io, limits.set(ann, Limit::StepsARun, 80)));
    ASSERT_TRUE(run(io, limits.set(ann, Limit::TokensADay, 9'000)));
    EXPECT_EQ(limits.of(ann, Limit::StepsARun), 80);
    EXPECT_EQ(limits.of(ben, Limit::StepsARun), 40);
    EXPECT_EQ(run(io, limits.set(ann, Limit::StepsARun, 0)).error().code, Code::Invalid);
    EXPECT_EQ(limits.of(ann, Limit::StepsARun), 80);
  }
  Limits limits(*store, 500);
  ASSERT_TRUE(run(io, limits.open()));
  EXPECT_EQ(limits.of(ann, Limit::StepsARun), 80);
  EXPECT_EQ(limits.of(ann, Limit::TokensADay), 9'000);
  ASSERT_TRUE(run(io, limits.set(ann, Limit::StepsARun, std::nullopt)));
  EXPECT_FALSE(limits.chosen(ann, Limit::StepsARun));
  Limits again(*store);
  ASSERT_TRUE(run(io, again.open()));
  EXPECT_EQ(again.of(ann, Limit::StepsARun), 40);
}

TEST_F(LimitsTest, WhatWasChosenBeforeIsUnderstoodOrLeftAlone) {
  ASSERT_TRUE(run(io, write_setting(*store, ann, "run_bytes_max", "20000000000")));
  ASSERT_TRUE(run(io, write_setting(*store, ann, "limit_steps_a_run", "99999999")));
  ASSERT_TRUE(run(io, write_setting(*store, ann, "limit_minutes_a_run", "soon")));
  ASSERT_TRUE(run(io, write_setting(*store, ann, "limit_of_tomorrow", "3")));
  Limits limits(*store);
  ASSERT_TRUE(run(io, limits.open()));
  EXPECT_EQ(limits.of(ann, Limit::DiskARun), 20'000'000'000);
  EXPECT_EQ(limits.of(ann, Limit::StepsARun), 10'000) << "brought into the bounds";
  EXPECT_EQ(limits.of(ann, Limit::MinutesARun), 60);
}

}  // namespace
}  // namespace zo
