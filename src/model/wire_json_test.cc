#include "model/wire_json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace zo {
namespace {

std::string told(std::string_view text) {
  const Result<Json> json = parse_wire_json(text, "it");
  return json ? to_text(*json) : "no JSON";
}

TEST(WireJson, WhatNobodyReadsMayBeAnything) {
  EXPECT_EQ(told(R"({"a":NaN,"b":-Infinity,"c":[Infinity],"d":"NaN"})"), R"({"a":null,"b":null,"c":[null],"d":"NaN"})");
  EXPECT_EQ(told("{\"a\":\"x\ty\nz\"}"), R"({"a":"x\ty\nz"})");
  EXPECT_EQ(told("\xEF\xBB\xBF{\"a\":1}"), R"({"a":1})");
  EXPECT_EQ(told(R"({"a":"\q"})"), R"({"a":"\\q"})");
  EXPECT_EQ(told(R"({"a":)"), "no JSON");
  EXPECT_EQ(told(std::string(200, '[')), "no JSON");
}

TEST(PieceJoiner, PutsHalvesTogether) {
  const auto joined = [](std::initializer_list<std::string_view> pieces) {
    PieceJoiner joiner;
    std::string out;
    for (std::string_view piece : pieces) {
      const Result<Json> json = parse_wire_json(piece, "a piece");
      out += joiner.feed(json ? std::string_view(json->as_string()) : piece);
    }
    return out + joiner.finish();
  };
  EXPECT_EQ(joined({R"("Hi \ud83d")", R"("\ude00 bye")"}), "Hi 😀 bye");
  EXPECT_EQ(joined({R"("\ud83d\ude00")"}), "😀");
  EXPECT_EQ(joined({R"("\ud83d")", R"("x")"}), "\uFFFDx");
  EXPECT_EQ(joined({R"("\ude00")"}), "\uFFFD");
  EXPECT_EQ(joined({"\xF0\x9F", "\x98\x80"}), "😀");
  EXPECT_EQ(joined({"a\xC3", "\xA4"}), "aä");
  EXPECT_EQ(joined({"a\xC3"}), "a\uFFFD");
}

}  // namespace
}  // namespace zo
