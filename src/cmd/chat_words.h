// What may be typed in `zo chat` besides messages. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace zo {

struct ChatCommand {
  std::string_view name;  // "/model"
  std::string_view does;
};
std::span<const ChatCommand> chat_commands();

// A line that begins with "/": its command and the rest. A name that is none of ours gets the nearest in `error`.
struct ChatLine {
  std::string_view command;  // empty: a message
  std::string rest;
  std::string error;
};
ChatLine read_chat_line(std::string_view line);

// What Tab adds to the beginning of a command: as much as all that fit have in common.
std::string completion(std::string_view typed);

}  // namespace zo
