#include "account/answers.h"

#include <gtest/gtest.h>

#include "testing/fake_clock.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

constexpr std::int64_t kDayMs = 24 * 60 * 60 * 1'000;

struct AnswersTest : testing::Test {
  TempFolder folder;
  asio::io_context io{1};
  FakeClock clock{io.get_executor()};
  std::unique_ptr<Store> store = std::move(*Store::open({folder / "zo.db", folder / "backup"}));
  Answers answers{*store, clock};
  const KeyedWrite write{person("A"), "key", "what was asked"};
  const KeyedWrite another{write.person, "key", "something else"};

  PersonId person(const char* last) {
    const PersonId made = PersonId::stored("01J0000000000000000000000" + std::string(last));
    auto add = [made](Transaction& tx) -> Result<> {
      tx.change("INSERT INTO people (id, name, created_at) VALUES (?, 'somebody', 1)", made);
      return {};
    };
    EXPECT_TRUE(run(io, store->write(add)));
    return made;
  }
  // "new", "again", or why not.
  std::string claim(KeyedWrite wanted, KeptAnswer answer = {}) {
    const Result<bool> first = run(io, answers.claim(std::move(wanted), std::move(answer)));
    return !first ? std::string(code_name(first.error().code)) : *first ? "new" : "again";
  }
  // "201 body", "nothing", or why not.
  std::string find(KeyedWrite wanted) {
    const Result<std::optional<KeptAnswer>> kept = run(io, answers.find(std::move(wanted)));
    if (!kept) return std::string(code_name(kept.error().code));
    return *kept ? std::to_string((*kept)->status) + " " + (*kept)->body : "nothing";
  }
  std::int64_t rows() {
    auto count = [](Transaction& tx) -> Result<std::int64_t> { return tx.number("SELECT COUNT(*) FROM answers"); };
    return *run(io, store->read(count));
  }
};

TEST_F(AnswersTest, AKeyBelongsToTheFirstWriteOfAPerson) {
  EXPECT_EQ(find(write), "nothing");
  EXPECT_EQ(claim(write, {201, "made"}), "new");
  EXPECT_EQ(claim(write, {201, "made twice"}), "again");
  EXPECT_EQ(find(write), "201 made");
  EXPECT_EQ(claim(another), "conflict");
  EXPECT_EQ(find(another), "conflict");
  EXPECT_EQ(claim({person("B"), write.key, another.fingerprint}), "new") << "it is a person's";
}

TEST_F(AnswersTest, ARefusedWriteLeavesItsKeyFree) {
  EXPECT_EQ(claim(write), "new");
  run(io, answers.release(another));
  EXPECT_EQ(claim(another), "conflict") << "only who has the key frees it";
  run(io, answers.release(write));
  EXPECT_EQ(claim(another, {200, "mended"}), "new");
  run(io, answers.release(another));
  EXPECT_EQ(find(another), "200 mended") << "what was answered stays";
}

TEST_F(AnswersTest, AreKeptForADay) {
  EXPECT_EQ(claim(write, {200, "old"}), "new");
  clock.advance(kDayMs);
  EXPECT_EQ(claim({write.person, "second", "x"}), "new");
  EXPECT_EQ(find(write), "200 old");
  clock.advance(kDayMs);
  EXPECT_EQ(claim({write.person, "third", "x"}), "new");
  EXPECT_EQ(find(write), "nothing");
  EXPECT_EQ(rows(), 2);
}

TEST_F(AnswersTest, ABoundedNumberOfOldOnesGoesWithEachWrite) {
  auto fill = [person = write.person](Transaction& tx) -> Result<> {
    for (int i = 0; i < 1'500; ++i)
      tx.change("INSERT INTO answers (person_id, client_key, fingerprint, status, body, created_at) VALUES (?, ?, 'x', 200, '', 1)", person, std::to_string(i));
    return {};
  };
  ASSERT_TRUE(run(io, store->write(fill)));
  EXPECT_EQ(claim({write.person, "a", "x"}), "new");
  EXPECT_EQ(rows(), 501);
  EXPECT_EQ(claim({write.person, "b", "x"}), "new");
  EXPECT_EQ(rows(), 2);
}

}  // namespace
}  // namespace zo
