// The words of the command line, while it is read. For cmd/arguments alone.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cmd/commands.h"

namespace zo {

// The command line being read: what each command would run, and the words behind "--", which are never options.
struct Line {
  CLI::App app{"ZoClone: a computer of your own that you talk to. It works with a shell, files and agents, in a sandbox."};
  std::map<const CLI::App*, std::function<int()>> runs;
  std::vector<std::string> after_dashes;
};

template <class Options>
void runs(Line& line, const CLI::App* app, std::shared_ptr<Options> options, int (*command)(const Options&)) {
  line.runs[app] = [options, command] { return command(*options); };
}

inline CLI::App* add(CLI::App& parent, const char* name, const char* does, const char* examples) {
  CLI::App* app = parent.add_subcommand(name, does);
  app->footer(examples)->allow_extras();
  return app;
}

inline void add_server(CLI::App* app, ServerChoice& server) {
  app->add_option("--url", server.url, "Another ZoClone than the one on this machine")->type_name("URL")->envname("ZO_URL");
  app->add_option("--token", server.token, "A token for it (zo token create makes one)")->type_name("TOKEN")->envname("ZO_TOKEN");
}

inline void add_json(CLI::App* app, bool& json) { app->add_flag("--json", json, "JSON: one object a line"); }

// Durable work: automations, jobs, queues, recurrence, mail.
void add_work(Line& line);

}  // namespace zo
