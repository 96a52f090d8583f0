#include "cmd/chat_words.h"

#include "base/text.h"

namespace zo {
namespace {

constexpr std::array<ChatCommand, 11> kCommands{{
    {"/help", "what can be said here"},
    {"/new", "begin a new conversation"},
    {"/model", "show the models, or choose one: /model provider/model"},
    {"/attach", "a file of this machine for the next message: /attach PATH; - takes all back"},
    {"/files", "what is in the workspace, or in a folder of it: /files DIR"},
    {"/runs", "the runs of this conversation"},
    {"/allow", "yes to what the run asks, once"},
    {"/always", "yes, and such calls are not asked about any more"},
    {"/refuse", "no; the rest of the line is told to the model: /refuse WHY"},
    {"/stop", "stop the run that works"},
    {"/quit", "leave; a run that works goes on"},
}};

}  // namespace

std::span<const ChatCommand> chat_commands() { return kCommands; }

ChatLine read_chat_line(std::string_view line) {
  line = trim(line);
  // "/etc/passwd is what?" is a message; a command is one word of letters.
  const std::string_view word = line.substr(0, line.find_first_of(" \t\n"));
  if (!word.starts_with('/') || word.find('/', 1) != word.npos) return {{}, std::string(line), {}};
  for (const ChatCommand& command : kCommands)
    if (command.name == word) return {command.name, std::string(trim(line.substr(word.size()))), {}};
  std::vector<std::string> names;
  for (const ChatCommand& command : kCommands) names.emplace_back(command.name);
  const std::vector<std::string> near = near_words(word, names, 1);
  return {{}, {}, "there is no command '" + one_line(word, 40) + "'; try: " + (near.empty() ? "/help" : near.front())};
}

std::string completion(std::string_view typed) {
  if (!typed.starts_with('/')) return {};
  std::string_view common;
  for (const ChatCommand& command : kCommands) {
    if (!command.name.starts_with(typed)) continue;
    if (common.empty()) common = command.name;
    const auto [end, other] = std::ranges::mismatch(common, command.name);
    common = common.substr(0, static_cast<std::size_t>(end - common.begin()));
  }
  return std::string(common.substr(std::min(common.size(), typed.size())));
}

}  // namespace zo
