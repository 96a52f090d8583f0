// `zo serve`: the computer itself, until SIGTERM. Declared here so that the command line can start it.
#pragma once

#include <string>

namespace zo {

struct ServeOptions {
  std::string listen = "127.0.0.1:8787";
  bool listen_given = false;  // by the person: then a taken port is an error, else the next free one is chosen
  bool quiet = false;
};

// Runs until it is told to stop; returns the exit code.
int serve(const ServeOptions& options);

}  // namespace zo
