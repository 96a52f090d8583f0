// The canary's eyes. Each line is what must be true inside; the server compares them word by word (sandbox/canary.cc).
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "sandbox/launcher/launcher.h"

namespace zo::launcher {
namespace {

constexpr const char* kOwnStatus = "/proc/self/status";

// The value of a line of a process's status, "?" when there is none.
void print_status(const char* label, const char* path, const char* key) {
  char line[512];
  char value[64] = "?";
  FILE* file = std::fopen(path, "re");
  while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr)
    if (std::strncmp(line, key, std::strlen(key)) == 0) std::sscanf(line + std::strlen(key), " %63s", value);
  if (file != nullptr) std::fclose(file);
  std::printf("%s %s\n", label, value);
}

// Interfaces other than the loopback.
int count_interfaces() {
  char line[512];
  int count = -3;  // two lines of heading, and lo
  FILE* file = std::fopen("/proc/self/net/dev", "re");
  while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr) ++count;
  if (file != nullptr) std::fclose(file);
  return count;
}

// Bytes of environment of the namespace's first process: the server's would be there if it had been inherited.
long count_environment() {
  char bytes[4'096];
  const int file = open("/proc/1/environ", O_RDONLY | O_CLOEXEC);
  return file < 0 ? 0 : read(file, bytes, sizeof bytes);
}

const char* yes_no(bool yes) { return yes ? "yes" : "no"; }

}  // namespace

void probe(const char* host_path) {
  std::printf("uid %u\n", getuid());
  std::printf("gid %u\n", getgid());
  print_status("no_new_privs", kOwnStatus, "NoNewPrivs:");
  print_status("filter", kOwnStatus, "Seccomp:");
  print_status("effective", kOwnStatus, "CapEff:");
  print_status("bounding", kOwnStatus, "CapBnd:");
  print_status("first_process_filter", "/proc/1/status", "Seccomp:");
  std::printf("memory_writable %s\n", yes_no(open("/proc/self/mem", O_RDWR | O_CLOEXEC) >= 0 || open("/proc/1/mem", O_RDWR | O_CLOEXEC) >= 0));
  std::printf("set_id %s\n", yes_no(chmod(".", S_ISUID | S_ISGID | 0755) == 0));
  std::printf("first_process_is_parent %s\n", yes_no(getppid() == 1));
  std::printf("interfaces %d\n", count_interfaces());
  std::printf("environment %ld\n", count_environment());
  std::printf("host_visible %s\n", yes_no(access(host_path, F_OK) == 0));
  const bool system_writable = access("/usr", W_OK) == 0 || access("/", W_OK) == 0 || access("/etc", W_OK) == 0;
  std::printf("system_writable %s\n", yes_no(system_writable));
  std::printf("vsock %s\n", yes_no(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0));
  std::printf("workspace_writable %s\n", yes_no(access(".", W_OK) == 0));
}

}  // namespace zo::launcher
