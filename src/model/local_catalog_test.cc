#include "model/local_catalog.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "os/file.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

struct LocalCatalogTest : testing::Test {
  TempFolder folder;
  LocalCatalog catalog{folder.path()};
  void SetUp() override { ASSERT_TRUE(make_folders(folder / "models")); }
  void install(const std::string& name) { write_whole_file(folder / ("models/" + name + ".gguf"), "GGUF"); }
};

TEST_F(LocalCatalogTest, ListsWhatIsInstalled) {
  EXPECT_TRUE(LocalCatalog(folder / "nowhere").weights().empty());
  install("tiny");
  install(kUsualModel);
  write_whole_file(folder / "models/half.gguf.partial", "GG");
  std::filesystem::create_directory(folder / "models/folder.gguf");
  const std::vector<LocalWeights> all = catalog.weights();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name + " " + all[0].label, "qwen2.5-coder-1.5b Qwen2.5-Coder 1.5B");
  EXPECT_EQ(all[1].name + " " + all[1].label, "tiny tiny");
  EXPECT_EQ(all[1].size_bytes, 4);
}

TEST_F(LocalCatalogTest, TheUsualModelGoesBeforeTheSmallOneBeforeOthers) {
  EXPECT_EQ(catalog.default_model(), kUsualModel);
  install("tiny");
  EXPECT_EQ(catalog.default_model(), "tiny");
  install(kSmallModel);
  EXPECT_EQ(catalog.default_model(), kSmallModel);
  install(kUsualModel);
  EXPECT_EQ(catalog.default_model(), kUsualModel);
}

TEST_F(LocalCatalogTest, RemembersTheSpeed) {
  install("tiny");
  EXPECT_EQ(catalog.weights("tiny")->tokens_per_second, 0);
  catalog.remember_speed("tiny", 11.26);
  EXPECT_EQ(catalog.weights("tiny")->tokens_per_second, 11.3);
  write_whole_file(folder / "models/tiny.speed", "nonsense");
  EXPECT_EQ(catalog.weights("tiny")->tokens_per_second, 0);
}

TEST_F(LocalCatalogTest, NamesLeadNowhereElse) {
  write_whole_file(folder / "outside.gguf", "GGUF");
  EXPECT_FALSE(catalog.weights("../outside"));
  EXPECT_FALSE(catalog.weights(""));
}

TEST_F(LocalCatalogTest, FindsTheProgramThatTheInstallerMade) {
  ASSERT_TRUE(make_folders(folder / "runtime/bin"));
  write_whole_file(folder / "runtime/base", "/opt/python\n");
  write_whole_file(folder / "runtime/bin/python", "");
  ASSERT_EQ(::chmod((folder / "runtime/bin/python").c_str(), 0755), 0);
  const auto program = catalog.program();
  ASSERT_TRUE(program);
  EXPECT_EQ(program->path, folder / "runtime/bin/python");
  EXPECT_EQ(program->folders, (std::vector<std::string>{folder / "runtime", "/opt/python"}));
}

}  // namespace
}  // namespace zo
