// What becomes of a run of POST /v1/chat/completions when the client that asked closes its connection.
#include <boost/json.hpp>

#include "api/api_test.h"
#include "testing/http_raw.h"

namespace zo {
namespace {

struct Leaving : ApiTest {
  Leaving() { zo.model.when("go on").says("On and on").in_chunks(2).hangs_after(2); }

  RawPeer ask(std::string_view body, std::string_view with, std::string_view header = "") {
    RawPeer client(zo.io.get_executor(), server.port());
    zo.wait(client.send(fmt::format("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n{}Content-Length: {}\r\n\r\n{}",
                                    server.port(), with, header, body.size(), body)));
    return client;
  }
  // Goes away once the model has been asked, and lets the server see it.
  void ask_and_leave(std::string_view body) {
    const std::size_t asked = zo.model.seen().size();
    RawPeer client = ask(body, token);
    ASSERT_TRUE(zo.until([&] { return zo.model.seen().size() > asked && zo->agents.working() > 0; }));
    client.close();
    ASSERT_TRUE(zo.until([this] { return server.answering() == 0; }));
  }
  Json newest_run() { return json(send("GET", "/api/runs?limit=1")).at("items").at(0); }
};

constexpr char kWhole[] = R"({"model":"zo","messages":[{"role":"user","content":"go on"}]})";
constexpr char kStreamed[] = R"({"model":"zo","stream":true,"messages":[{"role":"user","content":"go on"}]})";

TEST_F(Leaving, ARunIsStoppedWithTheConnectionThatBeganIt) {
  for (const char* body : {kStreamed, kWhole}) {
    ask_and_leave(body);
    ASSERT_TRUE(zo.until([this] { return zo->agents.working() == 0; })) << body;
    EXPECT_EQ(text_at(newest_run(), "state"), "cancelled") << body;
  }
}

TEST_F(Leaving, ABackgroundRunGoesOn) {
  for (const char* stream : {"true", "false"}) {
    ask_and_leave(fmt::format(R"({{"model":"zo","stream":{},"background":true,"messages":[{{"role":"user","content":"go on"}}]}})", stream));
    EXPECT_EQ(text_at(newest_run(), "state"), "running");
    EXPECT_EQ(send("POST", "/api/runs/" + text_at(newest_run(), "id") + "/cancel").status, 200);
  }
  EXPECT_EQ(send("POST", "/v1/chat/completions", R"({"model":"zo","background":"yes","messages":[{"role":"user","content":"hi"}]})").status, 400);
}

TEST_F(Leaving, TheRunOfAnotherThatTookTheMessageInGoesOn) {
  const Started others = zo.start("go on");
  ASSERT_TRUE(zo.until([this] { return zo.model.seen().size() == 1; }));
  RawPeer client = ask(kStreamed, token, fmt::format("X-Chat-Id: {}\r\n", others.run.conversation_id.text()));
  zo.wait(client.read_until("\r\n\r\n"));
  client.close();
  ASSERT_TRUE(zo.until([this] { return server.answering() == 0; }));
  EXPECT_EQ(text_at(newest_run(), "state"), "running");
}

TEST_F(Leaving, ATokenThatIsRevokedLeavesItsRunsAsItSays) {
  const Json made = json(send("POST", "/api/tokens", R"({"name":"bot","scope":"chat"})"));
  const RawPeer client = ask(kStreamed, text_at(made, "token"));
  ASSERT_TRUE(zo.until([this] { return zo.model.seen().size() == 1; }));
  EXPECT_EQ(send("DELETE", "/api/tokens/" + text_at(made, "id")).status, 204);
  ASSERT_TRUE(zo.until([this] { return server.answering() == 0; }));
  EXPECT_EQ(text_at(newest_run(), "state"), "running");
}

TEST_F(Leaving, AClientThatStaysIsAnswered) {
  zo.model.when("hello").says("Hello there.");
  const Json reply = json(send("POST", "/v1/chat/completions", R"({"model":"zo","background":false,"messages":[{"role":"user","content":"hello"}]})"));
  EXPECT_EQ(text_at(reply.at("choices").at(0).at("message"), "content"), "Hello there.");
}

}  // namespace
}  // namespace zo
