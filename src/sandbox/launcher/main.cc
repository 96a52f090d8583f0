#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sandbox/launcher/launcher.h"

namespace zo::launcher {

void die(const char* what) {
  std::fprintf(stderr, "zo-launcher: %s: %s\n", what, std::strerror(errno));
  std::_Exit(125);
}

unsigned long long number(const char* text) {
  char* end = nullptr;
  errno = EINVAL;
  const unsigned long long value = std::strtoull(text != nullptr ? text : "", &end, 10);
  if (end == nullptr || end == text || *end != '\0') die("not a number");
  return value;
}

}  // namespace zo::launcher

int main(int count, char** args) {
  using namespace zo::launcher;
  if (count > 2 && std::strcmp(args[1], "outer") == 0) outer(args + 2);
  if (count > 2 && std::strcmp(args[1], "inner") == 0) inner(args + 2);
  errno = EINVAL;
  die("outer or inner");
}
