// The one logger: lines of JSON in a file, rotated, so that a person can read what happened and a script can too.
// An error is logged once, where it ends, never on its way up. Secrets and texts of conversations are never logged.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace zo {

enum class Level { Debug, Info, Warn, Error };

// Opens `folder`/zo.log; 10 MiB each, 5 kept. Until then, and if it fails, warnings and errors go to standard error.
Result<> open_log(const std::string& folder);

// What every message goes through before it is written, from whichever thread; none: as it is.
using LogFilter = std::function<std::string(std::string_view)>;
void set_log_filter(LogFilter filter);

// `part` is the room that speaks: "store", "net".
void log(Level level, std::string_view part, std::string_view message);

inline void log_info(std::string_view part, std::string_view message) { log(Level::Info, part, message); }
inline void log_warn(std::string_view part, std::string_view message) { log(Level::Warn, part, message); }
inline void log_error(std::string_view part, std::string_view message) { log(Level::Error, part, message); }

}  // namespace zo
