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

// The file, or index.html for the paths that the page itself routes ("/", "/setup", "/c/…", "/files", "/settings").
std::optional<HttpReply> page_reply(const HttpRequest& request);

}  // namespace zo
