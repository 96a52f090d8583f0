#include "model/local_catalog.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "model/local_install.h"
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

TEST_F(LocalCatalogTest, TheOneThatWasInstalledLastIsTheDefaultWhileItIsThere) {
  install(kUsualModel);
  ASSERT_TRUE(catalog.set_default(kSmallModel));
  EXPECT_EQ(catalog.default_model(), kUsualModel);
  install(kSmallModel);
  EXPECT_EQ(catalog.default_model(), kSmallModel);
}

TEST_F(LocalCatalogTest, TheProgramIsTheOneThatTheInstallerChose) {
  EXPECT_FALSE(catalog.program());
  write_whole_file(folder / "program.json",
                   R"({"kind":"python","path":")" + folder / "python" + R"(","folders":["/opt/python"]})");
  EXPECT_FALSE(catalog.program()) << "it is gone";
  write_whole_file(folder / "python", "");
  ASSERT_EQ(::chmod((folder / "python").c_str(), 0755), 0);
  const auto program = catalog.program();
  ASSERT_TRUE(program);
  EXPECT_EQ(program->path, folder / "python");
  EXPECT_EQ(program->kind, LocalProgram::Kind::Python);
  EXPECT_EQ(program->folders, std::vector<std::string>{"/opt/python"});
  write_whole_file(folder / "program.json", R"({"kind":"llama-server","path":"/usr/bin/env","folders":[]})");
  EXPECT_EQ(catalog.program()->kind, LocalProgram::Kind::LlamaServer);
}

TEST(PinnedModels, AreTheUsualOneAndTheSmallOne) {
  ASSERT_EQ(pinned_models().size(), 2u);
  EXPECT_EQ(pinned_models()[0].name, kUsualModel);
  EXPECT_EQ(pinned_models()[1].name, kSmallModel);
  EXPECT_EQ(pinned_models()[0].bytes, 1'117'320'768u);
  EXPECT_EQ(runtime_bytes(), 34'000'000u);
}

}  // namespace
}  // namespace zo
