#include "sandbox/diagnose.h"

#include <fmt/core.h>
#include <unistd.h>

#include "base/text.h"
#include "os/file.h"
#include "os/owner.h"

namespace zo {
namespace {

std::string setting(const std::string& path) { return std::string(trim(load_file(path, 4'096).value_or(""))); }

SandboxState blocked(std::string reason, std::string advice) { return {false, std::move(reason), std::move(advice)}; }

// The setting that keeps user namespaces away from us, if it is one.
std::optional<SandboxState> namespace_setting(const SandboxFacts& facts) {
  const std::string cannot = "bubblewrap cannot make a user namespace: ";
  if (facts.userns_clone == "0")
    return blocked(cannot + "kernel.unprivileged_userns_clone is 0", "sysctl -w kernel.unprivileged_userns_clone=1");
  if (facts.userns_max == "0")
    return blocked(cannot + "user.max_user_namespaces is 0", "sysctl -w user.max_user_namespaces=15000");
  if (facts.apparmor_restricts == "1")
    return blocked(cannot + "kernel.apparmor_restrict_unprivileged_userns is 1",
                   "apt-get install apparmor-profiles (its profile bwrap-userns-restrict allows /usr/bin/bwrap), or "
                   "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
  if (facts.filtered)
    return blocked(cannot + "a system call filter around this container refuses it",
                   "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
                   "--security-opt systempaths=unconfined …");
  return std::nullopt;
}

bool is_about_namespaces(std::string_view complaint) {
  for (std::string_view sign : {"No permissions to creat", "Creating new namespace failed", "uid map", "gid map", "RTM_NEWADDR",
                                "user namespace", "clone", "unshare"})
    if (complaint.find(sign) != std::string_view::npos) return true;
  return false;
}

}  // namespace

SandboxFacts look_around(bool bubblewrap_found, std::string complaint) {
  return {.bubblewrap_found = bubblewrap_found,
          .root = ::geteuid() == 0,
          .complaint = std::move(complaint),
          .userns_clone = setting("/proc/sys/kernel/unprivileged_userns_clone"),
          .userns_max = setting("/proc/sys/user/max_user_namespaces"),
          .apparmor_restricts = setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
          .memfd_noexec = setting("/proc/sys/vm/memfd_noexec"),
          .filtered = setting("/proc/self/status").find("Seccomp:\t2") != std::string::npos};
}

SandboxState diagnose(const SandboxFacts& facts) {
  const auto says = [&](std::string_view sign) { return facts.complaint.find(sign) != std::string::npos; };
  if (!facts.bubblewrap_found) return blocked("bubblewrap is not installed", "apt-get install bubblewrap");
  if (says("disable-userns")) return blocked("bubblewrap is older than 0.8", "apt-get install bubblewrap, on Debian 12 or newer");
  if (facts.memfd_noexec == "2" && says("zo-launcher"))
    return blocked("programs in memory may not be executed: vm.memfd_noexec is 2", "sysctl -w vm.memfd_noexec=1");
  if (says("cannot make a mount namespace") || says("cannot make the mounts private") || says("tmpfs on the stage"))
    return blocked(
        "ZoClone runs as root but may not mount (CAP_SYS_ADMIN is missing, as in a plain container)",
        "run ZoClone as an ordinary user, or the container with --cap-add SYS_ADMIN --security-opt apparmor=unconfined");
  if (says("cannot become the sandbox's user"))
    return blocked(
        fmt::format("user {} does not exist in this user namespace, so commands could only run as root", workspace_owner().uid),
        "run ZoClone as an ordinary user, or in a container with at least 65,536 user ids");
  if (says("mount proc"))
    return blocked("a fresh /proc cannot be mounted, since parts of the one here are masked, as in a container",
                   "docker run --security-opt systempaths=unconfined …, or podman run --security-opt unmask=ALL …");
  if (is_about_namespaces(facts.complaint))
    if (auto state = namespace_setting(facts)) return *std::move(state);
  const std::string complaint = one_line(to_valid_utf8(facts.complaint), 300);
  return blocked(complaint.empty() ? "bubblewrap ended without a word" : "bubblewrap does not start: " + complaint,
                 "bwrap --unshare-all --ro-bind / / --proc /proc true, which shows whether bubblewrap works here at all");
}

}  // namespace zo
