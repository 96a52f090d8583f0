#include "api/repeats.h"

#include <boost/json.hpp>

#include "api/api_test.h"

namespace zo {
namespace {

using RepeatsTest = ApiTest;

TEST_F(RepeatsTest, AWriteWithAKeyHappensOnce) {
  const std::vector<Header> key{{"idempotency-key", "k"}};
  const Reply first = send("POST", "/api/conversations", R"({"title":"a"})", key);
  const Reply again = send("POST", "/api/conversations", R"({"title":"a"})", key);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(json(again).at("id"), json(first).at("id"));
  EXPECT_EQ(send("POST", "/api/conversations", R"({"title":"b"})", key).status, 409);
}

TEST_F(RepeatsTest, AnAnswerBelongsToTheTokenThatAsked) {
  zo.model.says("one").then_says("two");
  const std::string other = make_token(TokenScope::All);
  const std::vector<Header> key{{"idempotency-key", "k"}};
  for (const auto& [method, path, body] : {std::tuple{"POST", "/api/conversations", R"({"title":"a"})"}, {"POST", "/zo/ask", R"({"input":"a"})"}}) {
    const Reply mine = send(method, path, body, {{"idempotency-key", std::string("k") + path}});
    const Reply theirs = send(method, path, body, {{"idempotency-key", std::string("k") + path}}, other);
    EXPECT_EQ(theirs.status, mine.status) << theirs.body;
    EXPECT_NE(theirs.body, mine.body);
  }
  const Reply kept = send("PATCH", "/api/conversations/" + std::string(*string_at(json(send("POST", "/api/conversations", "{}")), "id")), R"({"title":"b"})", key);
  EXPECT_EQ(kept.status, 200) << kept.body;
  EXPECT_EQ(send("PATCH", "/api/conversations/01J00000000000000000000000", R"({"title":"b"})", key, other).status, 404);
}

TEST_F(RepeatsTest, AKeyIsForOneRequestAlsoWhereTheAnswerIsARun) {
  zo.model.says("one").then_says("two");
  const std::vector<Header> key{{"idempotency-key", "k"}};
  const Reply first = send("POST", "/zo/ask", R"({"input":"a"})", key);
  EXPECT_EQ(string_at(json(first), "output"), "one") << first.body;
  EXPECT_EQ(send("POST", "/zo/ask", R"({"input":"a"})", key).body, first.body);
  EXPECT_EQ(send("POST", "/zo/ask", R"({"input":"b"})", key).status, 409);
  EXPECT_EQ(send("POST", "/zo/ask", R"({"input":"a"})", {{"idempotency-key", std::string(129, 'k')}}).status, 422);
  EXPECT_EQ(zo.model.seen().size(), 1u);
}

TEST_F(RepeatsTest, ARefusedRequestLeavesItsKeyFree) {
  zo.model.says("one");
  const std::vector<Header> key{{"idempotency-key", "k"}};
  EXPECT_EQ(send("POST", "/zo/ask", R"({"input":"a","model_name":"nope/nope"})", key).status, 422);
  EXPECT_EQ(send("POST", "/zo/ask", R"({"input":"a"})", key).status, 200);
}

TEST_F(RepeatsTest, NoCopyOfAMessageIsKeptForRepeatedWrites) {
  zo.model.says("one").then_says("two");
  const std::vector<Header> key{{"idempotency-key", "k"}};
  const std::string conversation(*string_at(json(send("POST", "/api/conversations", "{}")), "id"));
  const std::string messages = "/api/conversations/" + conversation + "/messages";
  const Reply first = send("POST", messages, R"({"text":"private words"})", key);
  ASSERT_EQ(first.status, 202) << first.body;
  const Reply again = send("POST", messages, R"({"text":"private words"})", key);
  EXPECT_EQ(json(again).at("run").at("id"), json(first).at("run").at("id"));
  send("GET", "/api/runs/" + std::string(json(first).at("run").at("id").as_string()) + "/events");

  const std::string edit = messages + "/" + std::string(json(first).at("message").at("id").as_string()) + "/edit";
  const Reply edited = send("POST", edit, R"({"text":"private words, mended"})", {{"idempotency-key", "e"}});
  ASSERT_EQ(edited.status, 202) << edited.body;
  EXPECT_EQ(json(send("POST", edit, R"({"text":"private words, mended"})", {{"idempotency-key", "e"}})).at("run").at("id"), json(edited).at("run").at("id"));
  auto stored = [](Transaction& tx) -> Result<std::int64_t> { return tx.number("SELECT COUNT(*) FROM answers WHERE body LIKE '%private%'"); };
  EXPECT_EQ(*zo.wait(zo->store.read(stored)), 0);
}

TEST_F(RepeatsTest, AnAnswerIsForgottenAfterADay) {
  auto old = [person = zo.owner()](Transaction& tx) -> Result<> {
    tx.change("INSERT INTO answers (person_id, client_key, fingerprint, status, body, created_at) VALUES (?, 'old', 'f', 200, '{}', 1)", person);
    return {};
  };
  ASSERT_TRUE(zo.wait(zo->store.write(old)));
  EXPECT_EQ(send("POST", "/api/computer/setup-done", "", {{"idempotency-key", "k"}}).status, 204);
  auto stored = [](Transaction& tx) -> Result<std::int64_t> { return tx.number("SELECT COUNT(*) FROM answers"); };
  EXPECT_EQ(*zo.wait(zo->store.read(stored)), 1);
}

TEST_F(RepeatsTest, NoSecretOfATokenIsKeptForRepeatedWrites) {
  const std::vector<Header> key{{"idempotency-key", "k"}};
  EXPECT_EQ(send("POST", "/api/tokens", R"({"name":"a","scope":"read"})", key).status, 201);
  EXPECT_EQ(send("POST", "/api/tokens", R"({"name":"a","scope":"read"})", key).status, 409);
  auto stored = [](Transaction& tx) -> Result<std::int64_t> { return tx.number("SELECT COUNT(*) FROM answers WHERE body LIKE '%zo_sk_%'"); };
  EXPECT_EQ(*zo.wait(zo->store.read(stored)), 0);
}

}  // namespace
}  // namespace zo
