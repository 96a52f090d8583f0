#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "cmd/checks.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

struct WorkspaceChecksTest : testing::Test {
  TempFolder folder;
  Home home{.folder = folder / "home", .cache = folder / "cache", .keys = folder / "keys", .key_file = folder / "key"};

  // What is said of a workspace in which those files are.
  std::string said(const std::vector<std::string>& files) {
    for (const std::string& file : files) {
      const std::string path = folder / "workspace/" + file;
      std::filesystem::create_directories(std::filesystem::path(path).parent_path());
      write_whole_file(path, "x\n");
    }
    std::string out;
    for (const Finding& finding : check_workspace(home, folder / "workspace"))
      if (finding.layer == "host-run files") out += finding.detail + "\n";
    return out;
  }
};

TEST_F(WorkspaceChecksTest, WhatTheOwnersToolsRunIsCounted) {
  std::filesystem::create_directories(folder / "workspace");
  ::chmod(std::string(folder / "workspace").c_str(), 0777);
  EXPECT_EQ(said({"notes.txt"}), "");
  EXPECT_EQ(said({"a/.envrc"}), "1 file that your own tools run is read-only to agents that did not make it: a/.envrc\n");
  EXPECT_EQ(said({".git/config", ".git/hooks/pre-commit", "b\nc/.envrc"}),
            "4 files and folders that your own tools run are read-only to agents that did not make them: .git/config, .git/hooks/, a/.envrc and 1 more\n");
}

}  // namespace
}  // namespace zo
