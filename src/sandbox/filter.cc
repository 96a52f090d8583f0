#include "sandbox/filter.h"

#include <asm/unistd.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include "base/limits.h"

namespace zo {
namespace {

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the system call filter knows x86-64 and aarch64"
#endif
constexpr unsigned kX32Bit = 0x40000000;

// Younger than the headers, the same numbers everywhere.
constexpr unsigned kMemfdSecret = 447;
constexpr unsigned kFchmodat2 = 452;
constexpr unsigned kOpenTreeAttr = 467;

constexpr unsigned kDenied[] = {
    // mounts and roots
    __NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot, __NR_move_mount, __NR_open_tree, __NR_fsopen, __NR_fsconfig,
    __NR_fsmount, __NR_fspick, __NR_mount_setattr, __NR_open_by_handle_at, __NR_quotactl, __NR_quotactl_fd, __NR_swapon,
    __NR_swapoff,
    // namespaces, other processes
    __NR_unshare, __NR_setns, __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev, __NR_pidfd_getfd, __NR_kcmp,
    __NR_move_pages, __NR_migrate_pages,
    // large attack surface
    kMemfdSecret, kOpenTreeAttr, __NR_keyctl, __NR_add_key, __NR_request_key, __NR_bpf, __NR_perf_event_open, __NR_userfaultfd, __NR_fanotify_init,
    // the machine
    __NR_kexec_load, __NR_kexec_file_load, __NR_init_module, __NR_finit_module, __NR_delete_module, __NR_reboot, __NR_acct,
    __NR_syslog, __NR_settimeofday, __NR_clock_settime, __NR_clock_adjtime, __NR_adjtimex, __NR_sethostname, __NR_setdomainname,
    __NR_vhangup, __NR_personality,
#if defined(__x86_64__)
    __NR_ioperm, __NR_iopl, __NR_modify_ldt,
#endif
};
// Libraries fall back to older calls when these do not exist. The arguments of clone3 and openat2 cannot be looked at.
constexpr unsigned kAbsent[] = {__NR_clone3, __NR_openat2, __NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register};

constexpr unsigned kMakesSocket[] = {__NR_socket, __NR_socketpair};
constexpr unsigned kFamilies[] = {AF_UNIX, AF_INET, AF_INET6};
constexpr unsigned kTyping[] = {TIOCSTI, TIOCLINUX};

// A set-user-id file made here would be its owner's on the host.
constexpr unsigned kSetIdBits = S_ISUID | S_ISGID;
// The argument of each call that holds a file's mode.
struct ModeArgument {
  unsigned call;
  unsigned argument;
};
constexpr ModeArgument kModes[] = {
    {__NR_fchmod, 1}, {__NR_fchmodat, 2}, {kFchmodat2, 2}, {__NR_mkdirat, 2}, {__NR_mknodat, 2},
#if defined(__x86_64__)
    {__NR_chmod, 1},  {__NR_creat, 1},    {__NR_mkdir, 1}, {__NR_mknod, 1},
#endif
};
// These take a mode only when they make a file; otherwise there is whatever the register held.
constexpr unsigned kMakesFile = O_CREAT | (O_TMPFILE & ~O_DIRECTORY);

// Buffers of sockets are memory that no count of processes finds, so they stay as large as they are.
constexpr unsigned kSocketBuffers[] = {SO_SNDBUF, SO_RCVBUF, SO_SNDBUFFORCE, SO_RCVBUFFORCE};

// Memory of System V is bound to no process, so it is kept small: at most 4,096 pieces (SHMMNI).
constexpr unsigned kSharedPieceBytes = 64 * limits::KiB;

constexpr unsigned kNamespaceFlags =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

class Program {
 public:
  void add(unsigned code, unsigned value, unsigned char if_true = 0, unsigned char if_false = 0) {
    code_.push_back({static_cast<unsigned short>(code), if_true, if_false, value});
  }
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset)); }
  // The low half of an argument: on little-endian machines it comes first.
  void load_argument(unsigned i) { load(offsetof(seccomp_data, args) + i * sizeof(unsigned long long)); }
  void load_high_half(unsigned i) { load(offsetof(seccomp_data, args) + i * sizeof(unsigned long long) + sizeof(unsigned)); }
  void end(unsigned action) { add(BPF_RET | BPF_K, action); }
  void end_if_equal(unsigned value, unsigned action) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    end(action);
  }
  void end_unless_equal(unsigned value, unsigned action) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    end(action);
  }
  void end_if_any(unsigned bits, unsigned action) {
    add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    end(action);
  }
  void end_unless_any(unsigned bits, unsigned action) {
    add(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0);
    end(action);
  }
  void end_if_above(unsigned value, unsigned action) {
    add(BPF_JMP | BPF_JGT | BPF_K, value, 0, 1);
    end(action);
  }
  // What `check` adds is met by that call alone, and decides it. Nothing may be loaded but the call's number before.
  template <class Check>
  void decide(unsigned call, Check check) {
    const std::size_t at = code_.size();
    add(BPF_JMP | BPF_JEQ | BPF_K, call);
    check();
    end(SECCOMP_RET_ALLOW);
    code_[at].jf = static_cast<unsigned char>(code_.size() - at - 1);
  }
  std::string_view bytes() const { return {reinterpret_cast<const char*>(code_.data()), code_.size() * sizeof(sock_filter)}; }

 private:
  std::vector<sock_filter> code_;
};

constexpr unsigned refuse(unsigned reason) { return SECCOMP_RET_ERRNO | reason; }

// Unix and internet sockets, and the netlink that lists interfaces. A vsock would reach the host of a virtual machine, network
// namespace or not.
void check_socket(Program& program) {
  program.load_argument(0);
  for (const unsigned family : kFamilies) program.end_if_equal(family, SECCOMP_RET_ALLOW);
  program.end_unless_equal(AF_NETLINK, refuse(EAFNOSUPPORT));
  program.load_argument(2);
  program.end_unless_equal(NETLINK_ROUTE, refuse(EAFNOSUPPORT));
}

void check_clone(Program& program) {
  program.load_argument(0);
  program.end_if_any(kNamespaceFlags, refuse(EPERM));
}

// Typing into a terminal that is not ours.
void check_ioctl(Program& program) {
  program.load_argument(1);
  for (const unsigned request : kTyping) program.end_if_equal(request, refuse(EPERM));
}

void check_mode(Program& program, unsigned argument) {
  program.load_argument(argument);
  program.end_if_any(kSetIdBits, refuse(EPERM));
}

// `flags`, and the mode after it.
void check_open(Program& program, unsigned flags) {
  program.load_argument(flags);
  program.end_unless_any(kMakesFile, SECCOMP_RET_ALLOW);
  check_mode(program, flags + 1);
}

// As a size beyond the machine's limit is taken: without effect, and without a word.
void check_socket_option(Program& program) {
  program.load_argument(1);
  program.end_unless_equal(SOL_SOCKET, SECCOMP_RET_ALLOW);
  program.load_argument(2);
  for (const unsigned option : kSocketBuffers) program.end_if_equal(option, refuse(0));
}

// A process that nobody may look into could not be counted.
void check_prctl(Program& program) {
  program.load_argument(0);
  program.end_unless_equal(PR_SET_DUMPABLE, SECCOMP_RET_ALLOW);
  program.load_argument(1);
  program.end_if_equal(0, refuse(EPERM));
}

// EINVAL is what a size beyond SHMMAX gives (shmget(2)).
void check_shared_memory(Program& program) {
  program.load_high_half(1);
  program.end_if_above(0, refuse(EINVAL));
  program.load_argument(1);
  program.end_if_above(kSharedPieceBytes, refuse(EINVAL));
}

Program make_filter() {
  Program program;
  program.load(offsetof(seccomp_data, arch));
  program.add(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
  program.end(SECCOMP_RET_KILL_PROCESS);
  program.load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
  program.add(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, 0, 1);
  program.end(SECCOMP_RET_KILL_PROCESS);
#endif
  for (const unsigned call : kDenied) program.end_if_equal(call, refuse(EPERM));
  for (const unsigned call : kAbsent) program.end_if_equal(call, refuse(ENOSYS));
  for (const unsigned call : kMakesSocket) program.decide(call, [&] { check_socket(program); });
  program.decide(__NR_clone, [&] { check_clone(program); });
  program.decide(__NR_ioctl, [&] { check_ioctl(program); });
  for (const ModeArgument& mode : kModes) program.decide(mode.call, [&] { check_mode(program, mode.argument); });
#if defined(__x86_64__)
  program.decide(__NR_open, [&] { check_open(program, 1); });
#endif
  program.decide(__NR_openat, [&] { check_open(program, 2); });
  program.decide(__NR_shmget, [&] { check_shared_memory(program); });
  program.decide(__NR_setsockopt, [&] { check_socket_option(program); });
  program.decide(__NR_prctl, [&] { check_prctl(program); });
  // Libraries then write zeros, which takes time enough to be seen.
  program.end_if_equal(__NR_fallocate, refuse(EOPNOTSUPP));
  program.end(SECCOMP_RET_ALLOW);
  return program;
}

}  // namespace

std::string_view system_call_filter() {
  static const Program filter = make_filter();
  return filter.bytes();
}

}  // namespace zo
