#include "automation/planner.h"

#include <gtest/gtest.h>

namespace zo {
namespace {

constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;

TimeMs at(std::string_view text) { return moment_from_text(text)->time.seconds * 1'000; }

// An automation in UTC, whose next time is `next`.
struct Planned {
  Automation automation;
  std::optional<Occurrences> occurrences;

  Planned(std::string rule, std::string_view start, std::string_view next) {
    automation.id = AutomationId::stored("01J00000000000000000000001");
    automation.rule = std::move(rule);
    automation.wish.start = start;
    automation.wish.zone = "UTC";
    automation.next_at = at(next);
    occurrences.emplace(*plan_of(automation));
  }
  Plan plan(TimeMs now) { return plan_due(automation, *occurrences, now); }
  // "09:00 begins", "08:00 missed: …"
  std::vector<std::string> told(TimeMs now) {
    std::vector<std::string> lines;
    for (const PlannedOccurrence& one : plan(now).occurrences)
      lines.push_back(local_text(one.at, Zone()).substr(11, 5) + " " + (one.begins ? "begins" : one.reason));
    return lines;
  }
};

TEST(Planner, WhatIsDueBeginsAndTheNextIsBehindItAndNotBehindNow) {
  Planned hourly("FREQ=HOURLY", "2026-03-01T09:00:00", "2026-03-01T09:00:00");
  const Plan plan = hourly.plan(at("2026-03-01T09:00:00") + 20);
  EXPECT_EQ(plan.occurrences, (std::vector<PlannedOccurrence>{{at("2026-03-01T09:00:00"), true, ""}}));
  EXPECT_EQ(plan.next_at, at("2026-03-01T10:00:00"));
}

TEST(Planner, OfWhatWasMissedTheLatestBeginsWithinOnePeriod) {
  Planned hourly("FREQ=HOURLY", "2026-03-01T00:00:00", "2026-03-01T09:00:00");
  EXPECT_EQ(hourly.told(at("2026-03-01T11:30:00")), (std::vector<std::string>{"09:00 missed: it was noticed 2 h 30 min late, and a newer one was due",
                                                                             "10:00 missed: it was noticed 1 h 30 min late, and a newer one was due", "11:00 begins"}));
  Planned once("FREQ=DAILY;COUNT=1", "2026-03-01T09:00:00", "2026-03-01T09:00:00");
  EXPECT_EQ(once.told(at("2026-03-02T08:00:00")), (std::vector<std::string>{"09:00 begins"}));
  EXPECT_EQ(once.told(at("2026-03-02T10:00:00")), (std::vector<std::string>{"09:00 missed: it was noticed 25 h 0 min late, more than 24 h 0 min"}));
  EXPECT_EQ(once.plan(at("2026-03-02T10:00:00")).next_at, std::nullopt);
}

TEST(Planner, WhatIsMissedIsLeftOutWhereThatIsWished) {
  Planned hourly("FREQ=HOURLY", "2026-03-01T00:00:00", "2026-03-01T09:00:00");
  hourly.automation.wish.catch_up = CatchUp::Skip;
  EXPECT_EQ(hourly.told(at("2026-03-01T09:00:59")), (std::vector<std::string>{"09:00 begins"})) << "that is on time";
  EXPECT_EQ(hourly.told(at("2026-03-01T09:30:00")), (std::vector<std::string>{"09:00 missed: it was noticed 30 min 0 s late, and what is missed is left out"}));
}

TEST(Planner, AllThatWasMissedIsMadeUpForUpToAHundred) {
  Planned hourly("FREQ=HOURLY", "2026-03-01T00:00:00", "2026-03-01T00:00:00");
  hourly.automation.wish.catch_up = CatchUp::All;
  const Plan plan = hourly.plan(at("2026-03-06T05:30:00"));  // 126 of them
  ASSERT_EQ(plan.occurrences.size(), 126u);
  EXPECT_EQ(std::ranges::count_if(plan.occurrences, &PlannedOccurrence::begins), 100);
  EXPECT_FALSE(plan.occurrences[25].begins);
  EXPECT_TRUE(plan.occurrences[26].begins);
}

TEST(Planner, AWeeksSleepOfARuleOfSecondsEndsAndTellsWhatItLeavesOut) {
  Planned often("FREQ=SECONDLY;INTERVAL=10", "2026-03-01T00:00:00", "2026-03-01T00:00:00");
  const TimeMs woken = at("2026-03-01T00:00:00") + 7 * kDay;
  const Plan plan = often.plan(woken);
  EXPECT_EQ(plan.occurrences.size(), limits::kMissedRows + 1);
  EXPECT_EQ(plan.occurrences.back(), (PlannedOccurrence{woken, true, ""}));
  EXPECT_TRUE(plan.occurrences.front().reason.ends_with("; so were 59480 before it")) << plan.occurrences.front().reason;
  EXPECT_EQ(plan.next_at, woken + 10'000);
}

TEST(Planner, AYearsSleepOfARuleOfSecondsComesToTheNewest) {
  Planned often("FREQ=SECONDLY", "2026-03-01T00:00:00", "2026-03-01T00:00:00");
  const TimeMs woken = at("2027-03-01T00:00:00");
  const Plan plan = often.plan(woken);
  EXPECT_EQ(plan.occurrences.back().at, woken);
  EXPECT_LE(plan.occurrences.size(), limits::kMissedRows + 1);
  EXPECT_EQ(plan.next_at, woken + 1'000);
}

TEST(Planner, JitterComesToTheSameAgainAndMovesNoInstant) {
  Planned hourly("FREQ=HOURLY", "2026-03-01T00:00:00", "2026-03-01T09:00:00");
  hourly.automation.wish.jitter_ms = 10 * kMinute;
  const std::int64_t jitter = jitter_of(hourly.automation.id, 10 * kMinute);
  EXPECT_EQ(jitter, jitter_of(hourly.automation.id, 10 * kMinute));
  EXPECT_TRUE(hourly.plan(at("2026-03-01T09:00:00") + jitter - 1).occurrences.empty());
  EXPECT_EQ(hourly.plan(at("2026-03-01T09:00:00") + jitter).occurrences, (std::vector<PlannedOccurrence>{{at("2026-03-01T09:00:00"), true, ""}}));
}

}  // namespace
}  // namespace zo
