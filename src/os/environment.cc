#include "os/environment.h"

#include <stdlib.h>
#include <string.h>

namespace zo {

std::string take_variable(const char* name) {
  char* const value = ::getenv(name);
  if (value == nullptr) return {};
  std::string taken(value);
  ::explicit_bzero(value, ::strlen(value));
  ::unsetenv(name);
  return taken;
}

}  // namespace zo
