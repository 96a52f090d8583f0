// zo-scripted-model: the scripted model as a program, for journeys and benches. Prints `ready http://127.0.0.1:PORT`.
//   zo-scripted-model --script FILE [--port PORT]     rules, see src/testing/scripted_model.h
//   zo-scripted-model --instant [TEXT] [--port PORT]  always the same answer, as fast as we can
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <cstdio>
#include <string_view>

#include "testing/scripted_model.h"
#include "testing/temp_folder.h"

namespace {

constexpr const char* kUsage = "usage: zo-scripted-model (--script FILE | --instant [TEXT]) [--port PORT]\n";

struct Arguments {
  std::string script;
  std::string instant;
  int port = 0;
};

bool read_arguments(int count, char** words, Arguments& out) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const std::string_view value = i + 1 < count ? words[i + 1] : "";
    if (word == "--instant") {
      const bool has_text = !value.empty() && !value.starts_with("--");
      out.instant = has_text ? value : "It is noon.";
      i += has_text;
    } else if (word == "--script" && !value.empty()) {
      out.script = value;
      ++i;
    } else if (word == "--port" && std::from_chars(value.data(), value.data() + value.size(), out.port).ec == std::errc()) {
      ++i;
    } else {
      return false;
    }
  }
  return out.script.empty() != out.instant.empty();
}

}  // namespace

int main(int count, char** words) try {
  Arguments arguments;
  if (!read_arguments(count, words, arguments)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const std::string script = arguments.script.empty() ? "" : zo::read_whole_file(arguments.script);
  zo::raise_open_files_limit();
  boost::asio::io_context io{1};
  zo::RealClock clock;
  zo::ScriptedModel model(io.get_executor(), clock, arguments.port);
  if (!arguments.instant.empty()) {
    model.always_says(arguments.instant);
  } else if (const auto loaded = model.load(script); !loaded) {
    std::fprintf(stderr, "%s: %s\n", arguments.script.c_str(), loaded.error().message.c_str());
    std::_Exit(2);
  }
  std::printf("ready %s\n", model.url().c_str());
  std::fflush(stdout);
  io.run();
} catch (const std::exception& failure) {
  std::fprintf(stderr, "zo-scripted-model: %s\n", failure.what());
  return 1;
}
