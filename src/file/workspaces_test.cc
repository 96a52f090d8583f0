#include "file/workspaces.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "async/scope.h"
#include "testing/fake_clock.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

struct WorkspacesTest : testing::Test {
  TempFolder folder;
  asio::io_context io{1};
  Threads threads{"test", 1};
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

TEST_F(WorkspacesTest, APersonHasTheirOwnOrNone) {
  Workspaces workspaces(threads);
  const Files& anns = workspaces.add(ann, *Workspace::open(folder / "ann"));
  EXPECT_EQ(&workspaces.of(ann)->get(), &anns);
  EXPECT_EQ(anns.root(), folder / "ann");
  EXPECT_EQ(workspaces.of(ben).error().code, Code::Denied);
  EXPECT_EQ(workspaces.of(PersonId()).error().code, Code::Denied);
}

TEST_F(WorkspacesTest, WhatWasDeletedIsRememberedAndGoesWithTime) {
  FakeClock clock(io.get_executor());
  std::string id;
  {
    Workspaces workspaces(threads);
    Files& files = workspaces.add(ann, *Workspace::open(folder / "ann"));
    ASSERT_TRUE(run(io, workspaces.remember(*store)));
    ASSERT_TRUE(run(io, files.upload("notes.txt", "x", Existing::Keep)));
    id = run(io, files.trash("notes.txt", clock.now()))->id;
  }
  Workspaces workspaces(threads);
  Files& files = workspaces.add(ann, *Workspace::open(folder / "ann"));
  ASSERT_TRUE(run(io, workspaces.remember(*store)));
  Scope scope(io.get_executor());
  scope.spawn("tidy", workspaces.tidy(clock));
  const auto is_there = [&] { return ::access((folder / ("ann/.zo-trash/" + id)).c_str(), F_OK) == 0; };
  ASSERT_TRUE(run(io, eventually([&] { return clock.wakes_within(60 * 60 * 1'000); })));
  EXPECT_EQ(run(io, files.trashed(clock.now()))->size(), 1u) << "a restart makes nobody forget it";
  clock.advance(limits::kTrashMs);
  EXPECT_TRUE(run(io, eventually([&] { return !is_there(); })));
  run(io, scope.stop());
}

TEST_F(WorkspacesTest, WhatAPersonHasChosenHoldsForTheirOwn) {
  ASSERT_TRUE(run(io, write_workspace_choice(*store, ann, "/srv/ann")));
  EXPECT_EQ(run(io, read_workspace_choice(*store, ann)), "/srv/ann");
  EXPECT_EQ(run(io, read_workspace_choice(*store, ben)), "");
}

TEST_F(WorkspacesTest, ARunMayAddWhatWasChosenOrWhatIsUsual) {
  const Files files(*Workspace::open(folder / "ann"), threads);
  EXPECT_EQ(files.new_allowance(1'000).bytes_max, 1'000u);
  EXPECT_LE(files.new_allowance().bytes_max, limits::kRunDiskBytes);
  EXPECT_GT(files.new_allowance().bytes_max, 1'000u);
}

}  // namespace
}  // namespace zo
