#include "cmd/arguments.h"

#include <gtest/gtest.h>

#include "cmd/client.h"
#include "cmd/model_install.h"
#include "cmd/setup_link.h"

namespace zo {
namespace {

TEST(CommandLine, SuggestsTheNearestCommand) {
  const std::vector<std::string> commands{"ask", "chat", "serve", "doctor"};
  EXPECT_EQ(unknown_word("zo", "aks", commands), (Error{Code::Invalid, "there is no command 'zo aks'", "zo ask"}));
  EXPECT_EQ(unknown_word("zo", "docter", commands).advice, "zo doctor");
  EXPECT_EQ(unknown_word("zo", "frobnicate", commands).advice, "zo --help");
}

TEST(CommandLine, SuggestsTheNearestOption) {
  const std::vector<std::string> options{"--file", "--model"};
  EXPECT_EQ(unknown_word("zo ask", "--fiel", options), (Error{Code::Invalid, "zo ask has no option '--fiel'", "zo ask --file"}));
}

TEST(CommandLine, AnAddressMayBeTypedShort) {
  EXPECT_EQ(base_url("127.0.0.1:8787"), "http://127.0.0.1:8787");
  EXPECT_EQ(base_url(" https://zo.example/// "), "https://zo.example");
  EXPECT_EQ(base_url(""), "");
}

TEST(CommandLine, ParametersAreEncodedAndEmptyOnesLeftOut) {
  EXPECT_EQ(with_query("/api/runs", {{"state", ""}, {"after", ""}}), "/api/runs");
  EXPECT_EQ(with_query("/api/files", {{"path", "a b/ü&.txt"}, {"replace", "true"}}), "/api/files?path=a%20b%2F%C3%BC%26.txt&replace=true");
}

TEST(SetupLink, OverSshNamesTheForwardingLine) {
  EXPECT_EQ(ssh_forward("10.0.0.9 51234 10.0.0.2 22", "ann", "http://127.0.0.1:8787/setup#abc"), "ssh -L 8787:127.0.0.1:8787 ann@10.0.0.2");
  EXPECT_EQ(ssh_forward("10.0.0.9 51234 10.0.0.2 2222", "ann", "http://127.0.0.1:9000/"), "ssh -p 2222 -L 9000:127.0.0.1:9000 ann@10.0.0.2");
  EXPECT_EQ(ssh_forward("", "ann", "http://127.0.0.1:8787/setup#abc"), "");
}

TEST(ModelInstall, NamesAModelAfterItsFile) {
  EXPECT_EQ(model_name_of("/tmp/Qwen3 4B-Q4_K_M.gguf"), "qwen3-4b-q4_k_m");
  EXPECT_EQ(model_name_of("https://host/x/resolve/main/Phi-4.GGUF?download=true"), "phi-4");
  EXPECT_EQ(model_name_of("/..."), "model");
  EXPECT_EQ(model_name_of(std::string(200, 'a')).size(), 64u);
}

TEST(ModelInstall, TakesTheSmallOneWhereMemoryIsShort) {
  EXPECT_EQ(pinned_model(false, 8'000'000'000).name, "qwen2.5-coder-1.5b");
  EXPECT_EQ(pinned_model(false, 3'000'000'000).name, "qwen2.5-coder-0.5b");
  EXPECT_EQ(pinned_model(true, 8'000'000'000).name, "qwen2.5-coder-0.5b");
}

}  // namespace
}  // namespace zo
