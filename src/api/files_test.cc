#include <boost/json.hpp>

#include "api/api_test.h"

namespace zo {
namespace {

struct FilesApiTest : ApiTest {
  void put(const std::string& path, const std::string& bytes) { ASSERT_EQ(send("PUT", "/api/files/content?path=" + path, bytes).status, 201); }
  std::string text_of(const Reply& reply, std::string_view field) { return std::string(string_at(json(reply), field).value_or("")); }
  std::string message_of(const Reply& reply) { return std::string(string_at(*find(json(reply), "error"), "message").value_or("")); }
  std::string get(const std::string& path) { return send("GET", "/api/files/content?path=" + path).body; }
  std::string link(const std::string& path) { return text_of(send("POST", "/api/files/links", R"({"path":")" + path + "\"}"), "url"); }
};

TEST_F(FilesApiTest, WhatWasDeletedCanBePutBack) {
  put("d/notes.txt", "hello");
  const Reply deleted = send("POST", "/api/files/trash", R"({"path":"d"})");
  ASSERT_EQ(deleted.status, 201) << deleted.body;
  EXPECT_EQ(text_of(deleted, "path"), "d");
  EXPECT_EQ(text_of(deleted, "kind"), "folder");
  EXPECT_EQ(json(deleted).at("size_bytes"), 5);
  EXPECT_EQ(send("GET", "/api/files/content?path=d/notes.txt").status, 404);
  EXPECT_EQ(json(send("GET", "/api/files")).at("items").as_array().size(), 0u);
  EXPECT_EQ(json(send("GET", "/api/files/trash")).at("items").at(0), json(deleted));

  const std::string restore = "/api/files/trash/" + text_of(deleted, "id") + "/restore";
  EXPECT_EQ(text_of(send("POST", restore), "path"), "d");
  EXPECT_EQ(get("d/notes.txt"), "hello");
  EXPECT_EQ(send("POST", restore).status, 404);
  EXPECT_EQ(json(send("GET", "/api/files/trash")).at("items").as_array().size(), 0u);
}

TEST_F(FilesApiTest, WhatWasDeletedIsKeptForThirtyDays) {
  put("notes.txt", "hello");
  const Reply deleted = send("POST", "/api/files/trash", R"({"path":"notes.txt"})");
  const std::string restore = "/api/files/trash/" + text_of(deleted, "id") + "/restore";
  zo.wait(zo->workspaces.of(zo.owner())->get().tidy_trash(zo->world.clock.now() + limits::kTrashMs));
  EXPECT_EQ(send("POST", restore).status, 404);
}

TEST_F(FilesApiTest, EmptyingTheTrashIsForGood) {
  for (const char* name : {"a", "b", "c"}) put(name, "x");
  const std::string first = text_of(send("POST", "/api/files/trash", R"({"path":"a"})"), "id");
  send("POST", "/api/files/trash", R"({"path":"b"})");
  EXPECT_EQ(send("DELETE", "/api/files/trash/" + first).status, 204);
  EXPECT_EQ(send("DELETE", "/api/files/trash/" + first).status, 404);
  EXPECT_EQ(json(send("GET", "/api/files/trash")).at("items").as_array().size(), 1u);
  EXPECT_EQ(send("DELETE", "/api/files/trash").status, 204);
  EXPECT_EQ(json(send("GET", "/api/files/trash")).at("items").as_array().size(), 0u);
}

TEST_F(FilesApiTest, ANameThatIsTakenIsRefusedByName) {
  put("a.txt", "a");
  put("b.txt", "b");
  const Reply taken = send("POST", "/api/files/move", R"({"path":"a.txt","to":"b.txt"})");
  EXPECT_EQ(taken.status, 409);
  EXPECT_EQ(message_of(taken), "there is a 'b.txt' already; nothing was renamed");
  EXPECT_EQ(get("b.txt"), "b");
  EXPECT_EQ(send("POST", "/api/files/folders", R"({"path":"d"})").status, 201);
  const Reply again = send("POST", "/api/files/folders", R"({"path":"d"})");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(message_of(again), "there is a 'd' already");
  EXPECT_EQ(text_of(send("POST", "/api/files/move", R"({"path":"a.txt","to":"d/c.txt"})"), "path"), "d/c.txt");
  EXPECT_EQ(get("d/c.txt"), "a");
  EXPECT_EQ(send("POST", "/api/files/move", R"({"path":"d","to":"../d"})").status, 422);
  EXPECT_EQ(send("POST", "/api/files/move", R"({"path":"d"})").status, 422);
}

TEST_F(FilesApiTest, AReaderChangesNothing) {
  put("a.txt", "a");
  const std::string reader = make_token(TokenScope::Read);
  const auto status = [&](const std::string& method, const std::string& path, const std::string& body) { return send(method, path, body, {}, reader).status; };
  EXPECT_EQ(status("GET", "/api/files/entry?path=a.txt", ""), 200);
  EXPECT_EQ(status("GET", "/api/files/trash", ""), 200);
  EXPECT_EQ(status("POST", "/api/files/trash", R"({"path":"a.txt"})"), 403);
  EXPECT_EQ(status("POST", "/api/files/move", R"({"path":"a.txt","to":"b.txt"})"), 403);
  EXPECT_EQ(status("POST", "/api/files/folders", R"({"path":"d"})"), 403);
  EXPECT_EQ(status("DELETE", "/api/files/trash", ""), 403);
  EXPECT_EQ(get("a.txt"), "a");
}

TEST_F(FilesApiTest, APartOfAFileIsSentWhenAskedFor) {
  put("a.txt", "0123456789");
  const auto part = [&](const std::string& range) {
    const Reply reply = send("GET", "/api/files/content?path=a.txt", "", {{"range", range}});
    return fmt::format("{} {} {}", reply.status, reply.header("content-range"), reply.body);
  };
  EXPECT_EQ(part("bytes=0-3"), "206 bytes 0-3/10 0123");
  EXPECT_EQ(part("bytes=8-100"), "206 bytes 8-9/10 89");
  EXPECT_EQ(part("bytes=4-"), "206 bytes 4-9/10 456789");
  for (const char* whole : {"bytes=10-12", "bytes=5-3", "bytes=-3", "bytes=0-1,4-5", "lines=0-3", "bytes=x-3", "bytes=0-99999999999999999999999"})
    EXPECT_EQ(part(whole), "200  0123456789") << whole;
  EXPECT_EQ(send("GET", link("a.txt"), "", {{"range", "bytes=2-4"}}, "").body, "234");
  put("empty", "");
  EXPECT_EQ(send("GET", "/api/files/content?path=empty", "", {{"range", "bytes=0-3"}}).status, 200);
}

TEST_F(FilesApiTest, NothingOfTheWorkspaceIsAPageOfOurs) {
  const std::string script = "<script>alert(1)</script>";
  const std::string bytes = "application/octet-stream";
  const std::map<std::string, std::string> types{{"a.html", bytes},        {"a.xhtml", bytes},           {"a.xml", bytes}, {"a.js", bytes}, {"pdf", bytes},
                                                 {"a.png", "image/png"}, {"a.svg", "image/svg+xml"}, {"a.PDF", "application/pdf"}};
  for (const auto& [name, type] : types) {
    put(name, script);
    for (const std::string& address : {"/api/files/content?path=" + name, link(name)}) {
      const Reply reply = send("GET", address);
      EXPECT_EQ(reply.header("content-type"), type) << address;
      EXPECT_EQ(reply.header("x-content-type-options"), "nosniff") << address;
      EXPECT_EQ(reply.header("content-security-policy"), "sandbox; default-src 'none'; frame-ancestors 'self'") << address;
      const std::string disposition = reply.header("content-disposition");
      EXPECT_TRUE(disposition.starts_with(type == "application/pdf" ? "inline;" : "attachment;")) << address << " " << disposition;
    }
  }
}

}  // namespace
}  // namespace zo
