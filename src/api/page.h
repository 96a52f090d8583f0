// The page: files built by web/, compressed, inside the program. They hold no secret, so they need no token.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "net/http_server.h"

namespace zo {

struct PageFile {
  std::string_view path;   // "/assets/app-1a2b.js"; "/" is index.html
  std::string_view type;
  std::string_view bytes;  // gzip
};
// Made by cmake/page.cmake from web/dist; empty in a build without the page.
std::span<const PageFile> page_files();

// Whether a person comes to the page: "/", or a browser that goes to an address that is no route's. Which of those are the page's
// own ("/files", "/c/…"), the page alone knows.
bool goes_to_the_page(const HttpRequest& request);

// The file, or index.html for who comes to the page.
std::optional<HttpReply> page_reply(const HttpRequest& request);

}  // namespace zo
