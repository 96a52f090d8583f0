// `zo setup-link`: a new link to the page, for a browser that is not connected yet.
#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>

#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/setup_link.h"
#include "cmd/start.h"
#include "cmd/table.h"

namespace zo {

std::string ssh_forward(std::string_view ssh_connection, std::string_view user, std::string_view url) {
  const std::vector<std::string_view> words = split(ssh_connection, ' ');
  if (words.size() != 4) return {};
  const std::size_t colon = url.find(':', url.find("://") + 3);
  if (colon == url.npos) return {};
  const std::string port(url.substr(colon + 1, url.find('/', colon) - colon - 1));
  const std::string ssh_port = words[3] == "22" ? "" : fmt::format("-p {} ", words[3]);
  return fmt::format("ssh {}-L {}:127.0.0.1:{} {}@{}", ssh_port, port, port, user, words[2]);
}

namespace {

Task<Result<int>> make_link(const SetupLinkOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json link, co_await client->post("/api/setup-links", JsonObject{}));
  if (options.json) {
    write_output(to_text(link) + "\n");
    co_return 0;
  }
  const std::string url = text_at(link, "url");
  write_output(url + "\n");
  print_note(terminal, "It works once, until " + local_time(string_at(link, "expires_at").value_or("")) + ".");
  const char* connection = std::getenv("SSH_CONNECTION");
  const passwd* person = ::getpwuid(::geteuid());
  const std::string forward = ssh_forward(connection != nullptr ? connection : "", person != nullptr ? person->pw_name : "you", url);
  if (!forward.empty() && client->is_on_this_machine()) print_note(terminal, "On your own machine, first: " + forward);
  co_return 0;
}

}  // namespace

int setup_link(const SetupLinkOptions& options) {
  return run_command([&options] { return make_link(options); });
}

}  // namespace zo
