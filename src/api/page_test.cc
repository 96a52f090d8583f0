#include "api/page.h"

#include <gtest/gtest.h>

namespace zo {
namespace {

HttpRequest get(std::string path, std::vector<Header> headers = {}) {
  HttpRequest request;
  request.method = "GET";
  request.path = std::move(path);
  request.headers = std::move(headers);
  return request;
}

const Header kBrowser{"sec-fetch-mode", "navigate"};
const Header kOldBrowser{"accept", "text/html,application/xhtml+xml,*/*;q=0.8"};

TEST(Page, ABrowserThatGoesToAnAddressComesToThePage) {
  for (const char* path : {"/", "/setup", "/c/01J00000000000000000000000", "/files", "/a-part-of-tomorrow"}) {
    EXPECT_TRUE(goes_to_the_page(get(path, {kBrowser}))) << path;
    EXPECT_TRUE(goes_to_the_page(get(path, {kOldBrowser}))) << path;
  }
}

TEST(Page, WhatAProgramAsksIsNotThePage) {
  EXPECT_TRUE(goes_to_the_page(get("/")));
  EXPECT_FALSE(goes_to_the_page(get("/settings")));
  EXPECT_FALSE(goes_to_the_page(get("/settings", {{"accept", "application/json"}})));
  EXPECT_FALSE(goes_to_the_page(get("/settings", {{"accept", "*/*"}})));
  EXPECT_FALSE(goes_to_the_page(get("/settings", {{"sec-fetch-mode", "cors"}, kOldBrowser}))) << "what a script fetches is no visit";
}

TEST(Page, BelowARouteErrorsStayWhatProgramsRead) {
  for (const char* path : {"/api/nothing", "/v1/nothing", "/zo/nothing", "/models/nothing", "/files/nothing", "/assets/gone.js"}) {
    EXPECT_FALSE(goes_to_the_page(get(path, {kBrowser}))) << path;
    EXPECT_FALSE(goes_to_the_page(get(path, {kOldBrowser}))) << path;
  }
}

}  // namespace
}  // namespace zo
