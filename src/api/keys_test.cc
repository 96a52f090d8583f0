#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "api/api_test.h"
#include "base/log.h"
#include "os/file.h"

namespace zo {
namespace {

constexpr char kKey[] = "sk-test-0123456789abcdef";

struct KeysApiTest : ApiTest {
  std::string everything;  // that was ever answered
  // Only who sits before the page gives an address of a key's own.
  std::string page = zo.wait(zo->accounts.use_setup_link(*zo.wait(zo->accounts.make_setup_link(owner_at_machine(zo.owner())))))->secret;

  Reply ask(std::string method, std::string path, std::string body = "") {
    Reply reply = send(std::move(method), std::move(path), std::move(body), {}, page);
    everything += reply.body;
    return reply;
  }
  std::string add() { return fmt::format(R"({{"name":"work","key":"{}","provider":"openai","base_url":"{}/v1"}})", kKey, zo.model.url()); }
};

TEST_F(KeysApiTest, AKeyIsGivenUsedAndRemovedAndNeverSaid) {
  EXPECT_EQ(ask("POST", "/api/keys", add()).status, 201);
  EXPECT_EQ(ask("POST", "/api/keys", add()).status, 409);
  const Json listed = json(ask("GET", "/api/keys"));
  EXPECT_EQ(text_at(array_at(listed, "items")->at(0), "hint"), "cdef");
  zo.model.says("ready");
  EXPECT_EQ(bool_at(json(ask("POST", "/api/keys/work/test")), "ok"), true);
  EXPECT_EQ(zo.model.seen().back().header("authorization"), std::string("Bearer ") + kKey);
  ask("GET", "/api/models");
  ask("GET", "/api/computer");
  EXPECT_EQ(ask("DELETE", "/api/keys/work").status, 204);
  EXPECT_EQ(ask("DELETE", "/api/keys/work").status, 404);
  EXPECT_EQ(everything.find(kKey), std::string::npos);
}

// It stands in a conversation from before it was given to the vault, is said by the person, read by a tool, and said by the model.
TEST_F(KeysApiTest, ASecretIsTakenOutOfAllThatIsToldAndKept) {
  zo.model.says("A key, I see.");
  const Told before = zo.ask(std::string("I have ") + kKey);
  EXPECT_EQ(ask("POST", "/api/keys", add()).status, 201);
  zo.model.calls("shell", {{"command", "cat secret.txt secret.b64; head -c 100000 /dev/zero | tr '\\0' x; cat secret.txt"}}).then_says(std::string("It says ") + kKey);
  ASSERT_TRUE(zo.wait(zo.files().write("secret.txt", kKey)));
  ASSERT_TRUE(zo.wait(zo.files().write("secret.b64", "c2stdGVzdC0wMTIzNDU2Nzg5YWJjZGVm")));
  const Told after = zo.ask(std::string("Look at secret.txt, and remember ") + kKey);
  EXPECT_EQ(after.messages.front().text, "Look at secret.txt, and remember ‹key work›");
  EXPECT_EQ(after.messages.back().text, "It says ‹key work›");
  EXPECT_TRUE(after.messages.at(1).tool_calls.at(0).output.starts_with("‹key work›‹key work›xxx")) << after.messages.at(1).tool_calls.at(0).output;
  EXPECT_EQ(to_text(zo.model.seen().back().body).find(kKey), std::string::npos);
  for (const Told& told : {before, after})
    for (const std::string& path : {"/api/conversations/" + told.conversation.string() + "/messages", "/api/conversations/" + told.conversation.string() + "/export?format=json",
                                    "/api/conversations/" + told.conversation.string() + "/export?format=markdown", "/api/runs/" + told.run.id.string() + "/events?after=0",
                                    std::string("/api/conversations")})
      ask("GET", path);
  ask("GET", "/api/tool-calls/" + after.messages.at(1).tool_calls.at(0).id.string() + "/output");
  EXPECT_EQ(everything.find(kKey), std::string::npos);
  EXPECT_NE(everything.find("‹key work›"), std::string::npos);
  EXPECT_EQ(everything.find("c2stdGVzdC0wMTIzNDU2"), std::string::npos);
  // Nothing of it is in the home but what was kept before, which the database still holds.
  for (const auto& entry : std::filesystem::recursive_directory_iterator(zo->home.folder))
    if (entry.is_regular_file() && entry.path().string().find("/workspace/") == std::string::npos && entry.path().filename().string().find("zo.db") == std::string::npos) {
      EXPECT_EQ(load_file(entry.path().string(), 64 * limits::MiB).value_or("").find(kKey), std::string::npos) << entry.path();
    }
}

TEST_F(KeysApiTest, TheLogHoldsNoSecret) {
  EXPECT_EQ(ask("POST", "/api/keys", add()).status, 201);
  ASSERT_TRUE(open_log(zo->home.folder));
  log_warn("test", std::string("a message with ") + kKey);
  const std::string log = *load_file(zo->home.folder + "/zo.log", limits::MiB);
  EXPECT_NE(log.find("a message with ‹key work›"), std::string::npos) << log;
}

TEST_F(KeysApiTest, OnlyTheScopeAllChangesKeys) {
  const std::string chat = make_token(TokenScope::Chat);
  EXPECT_EQ(send("POST", "/api/keys", add(), {}, chat).status, 403);
  EXPECT_EQ(send("POST", "/api/keys/rotate", "", {}, chat).status, 403);
  EXPECT_EQ(send("GET", "/api/keys", "", {}, chat).status, 200);
}

}  // namespace
}  // namespace zo
