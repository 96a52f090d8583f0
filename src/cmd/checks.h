// What `zo doctor` looks at, one function a layer. Each says what it found and how to mend it, and changes nothing.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "computer/home.h"

namespace zo {

struct Finding {
  enum class State {
    Good,
    Note,    // worth knowing; ZoClone works
    Broken,  // something essential does not work
  };
  std::string layer;  // "sandbox"
  State state = State::Good;
  std::string detail;
  std::string advice;
};

Finding check_home(const Home& home);
Finding check_disk(const Home& home);
// The room that is kept for deleting on a full disk (store/reserve.h).
Finding check_reserve(const Home& home);
Finding check_log_folder(const Home& home);
// Whether agents can really work in it (files are made in folders of it, and leave no trace), what in it should not be there, and
// what in it is closed to them.
std::vector<Finding> check_workspace(const Home& home, const std::string& folder);
// Of `address`, "127.0.0.1:8787", where a server would listen.
Finding check_port(const std::string& address);
Finding check_clock(std::int64_t now_ms);
Finding check_open_files();
// What could answer: keys and addresses in the environment (their names only; none is asked), the embedded model's runtime and weights.
std::vector<std::string> environment_models();
Finding check_environment_models();
Finding check_local_runtime(const Home& home);
Finding check_local_weights(const Home& home);

}  // namespace zo
