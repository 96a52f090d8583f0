// What a web server sent, made readable by a program in the sandbox (readable.py): unpacking, encodings, HTML, feeds and PDF are formats
// that strangers write, and their parsers meet nothing but an empty folder in there.
#pragma once

#include <optional>
#include <string>

#include "async/clock.h"
#include "async/threads.h"
#include "sandbox/sandbox.h"
#include "web/pages.h"

namespace zo {

struct Reading {
  std::string format = "text";  // "text", "markdown", "raw"
  std::int64_t chars_max = limits::kFetchChars;
  std::size_t bytes_max = limits::kOutputShown;  // of all that it gives
};

class PageReader {
 public:
  // `folder` is made when the first page is read, and emptied: nothing that a page's parser leaves there meets the next. The others
  // outlive it.
  PageReader(Clock& clock, Threads& threads, Sandbox& sandbox, std::string folder)
      : clock_(clock), threads_(threads), sandbox_(sandbox), folder_(std::move(folder)) {}

  // Title, address, text, and in brackets what was left out. Invalid, in words, for what cannot be read; Unavailable without a sandbox,
  // or without the program that reads such a format.
  Task<Result<std::string>> read(WebPage page, Reading reading);

 private:
  Task<Result<>> prepare();

  Clock& clock_;
  Threads& threads_;
  Sandbox& sandbox_;
  std::string folder_;
  std::optional<Workspace> empty_;
  int readings_ = 0;  // under way
};

}  // namespace zo
