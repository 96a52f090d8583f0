// The API of a whole computer behind a real socket, as its tests ask it. Every exchange is held to what the API says of itself.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/api.h"
#include "rig/test_computer.h"

namespace zo {

struct Reply {
  int status = 0;
  std::string body;
  std::vector<Header> headers;

  std::string header(std::string_view name) const;  // empty when there is none
};

struct ApiTest : testing::Test {
  TestComputer zo;
  Api api{*zo};
  HttpServer server{zo.io.get_executor(), zo->world.clock, api.admit()};
  std::string address = listen();
  std::string token = make_token(TokenScope::All, {}, "all");

  ~ApiTest() override { zo.wait(server.stop()); }

  std::string listen();
  std::string make_token(TokenScope scope, std::optional<std::string> tools = {}, std::string models = "chosen");
  // Of the person feed, which never ends, what it begins with.
  Reply send(std::string method, std::string path, std::string body = "", std::vector<Header> headers = {}, std::optional<std::string> with = {});
  enum class Read { Whole, Beginning };  // of the body
  static Task<Reply> exchange(HttpClient& http, HttpAsk ask, Read read = Read::Whole);
  Json json(const Reply& reply) { return *parse_json(reply.body, "a reply"); }
};

}  // namespace zo
