#include "feed/notice.h"

#include <gtest/gtest.h>

#include "base/dice.h"
#include "testing/fake_clock.h"
#include "testing/run.h"

namespace zo {
namespace {

using What = Notice::What;

struct NoticeTest : testing::Test {
  asio::io_context io{1};
  FakeClock clock{io.get_executor()};
  SystemDice dice;
  Feeds feeds{io.get_executor()};
  Notices notices{feeds, clock};
  PersonId ann = PersonId::make(dice, 1);
  PersonId ben = PersonId::make(dice, 1);

  // "1 run r; 2 …", with numbers from the first one of this process.
  std::string next(NoticeReader& reader) {
    std::string words;
    for (const auto& [number, notice] : zo::run(io, reader.next()))
      words += fmt::format("{} {} {}; ", number - clock.now(), static_cast<int>(notice.what), notice.id);
    return words;
  }
};

TEST_F(NoticeTest, WhoBeginsToListenReadsEverythingAndThenHearsWhatChanges) {
  NoticeReader reader = notices.listen(ann, std::nullopt);
  EXPECT_EQ(next(reader), "0 0 ; ");
  notices.tell(ann, {What::Run, "r"});
  notices.tell(ben, {What::Run, "of another person"});
  notices.tell_all({What::Models, ""});
  EXPECT_EQ(next(reader), "1 2 r; 2 3 ; ");
}

TEST_F(NoticeTest, SeveralChangesOfOneThingAreOne) {
  NoticeReader reader = notices.listen(ann, std::nullopt);
  next(reader);
  for (int i = 0; i < 3; ++i) notices.tell(ann, {What::Conversation, "c"});
  notices.tell(ann, {What::Conversation, "d"});
  notices.tell(ann, {What::Conversation, "c"});
  EXPECT_EQ(next(reader), "4 1 d; 5 1 c; ");
}

TEST_F(NoticeTest, WhoComesBackHearsWhatHeMissed) {
  notices.listen(ann, std::nullopt);
  const std::int64_t begin = clock.now();
  notices.tell(ann, {What::Run, "r"});
  notices.tell(ann, {What::Run, "s"});
  NoticeReader reader = notices.listen(ann, begin + 1);
  EXPECT_EQ(next(reader), "2 2 s; ");
}

TEST_F(NoticeTest, WhoComesBackTooLateReadsEverything) {
  notices.listen(ann, std::nullopt);
  const std::int64_t begin = clock.now();
  notices.tell(ann, {What::Run, "r"});
  const std::string long_id(1'000, 'x');
  for (std::size_t told = 0; told <= limits::kFeedRingBytes; told += long_id.size()) notices.tell(ann, {What::Run, long_id});
  NoticeReader late = notices.listen(ann, begin + 1);
  EXPECT_EQ(zo::run(io, late.next()).at(0).notice, Notice{});
}

TEST_F(NoticeTest, ANumberOfAnEarlierProcessMeansEverything) {
  for (const std::int64_t passed : {1, -1}) {  // the clock may have been set back meanwhile
    NoticeReader reader = notices.listen(ann, clock.now() - passed);
    EXPECT_EQ(next(reader), "0 0 ; ") << passed;
  }
}

TEST_F(NoticeTest, TheEndComesBehindWhatWasTold) {
  NoticeReader reader = notices.listen(ann, std::nullopt);
  next(reader);
  notices.tell(ann, {What::Run, "r"});
  notices.stop();
  notices.tell(ann, {What::Run, "s"});
  EXPECT_EQ(next(reader), "1 2 r; ");
  EXPECT_EQ(next(reader), "");
  NoticeReader late = notices.listen(ann, std::nullopt);
  EXPECT_EQ(next(late), "0 0 ; ");
  EXPECT_EQ(next(late), "");
}

}  // namespace
}  // namespace zo
