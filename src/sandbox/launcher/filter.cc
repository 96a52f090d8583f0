// The filter of system calls (seccomp, classic BPF): what no command of a person's workspace needs and what has opened kernels
// before. Everything else is allowed; namespaces and mounts decide what can be reached.
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

#include "sandbox/launcher/launcher.h"

namespace zo::launcher {
namespace {

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the system call filter knows x86-64 and aarch64"
#endif
constexpr unsigned kX32Bit = 0x40000000;

constexpr unsigned kDenied[] = {
    // mounts and roots
    __NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot, __NR_move_mount, __NR_open_tree, __NR_fsopen, __NR_fsconfig,
    __NR_fsmount, __NR_fspick, __NR_mount_setattr, __NR_open_by_handle_at, __NR_quotactl, __NR_quotactl_fd, __NR_swapon,
    __NR_swapoff,
    // namespaces, other processes
    __NR_unshare, __NR_setns, __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev, __NR_pidfd_getfd, __NR_kcmp,
    __NR_move_pages, __NR_migrate_pages,
    // large attack surface
    __NR_keyctl, __NR_add_key, __NR_request_key, __NR_bpf, __NR_perf_event_open, __NR_userfaultfd, __NR_fanotify_init,
    // the machine
    __NR_kexec_load, __NR_kexec_file_load, __NR_init_module, __NR_finit_module, __NR_delete_module, __NR_reboot, __NR_acct,
    __NR_syslog, __NR_settimeofday, __NR_clock_settime, __NR_clock_adjtime, __NR_adjtimex, __NR_sethostname, __NR_setdomainname,
    __NR_vhangup, __NR_personality,
#if defined(__x86_64__)
    __NR_ioperm, __NR_iopl, __NR_modify_ldt,
#endif
};
// Libraries fall back to older calls when these do not exist. The arguments of clone3 cannot be looked at.
constexpr unsigned kAbsent[] = {__NR_clone3, __NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register};

constexpr unsigned kNamespaceFlags =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

class Program {
 public:
  void add(unsigned short code, unsigned value, unsigned char if_true = 0, unsigned char if_false = 0) {
    if (size_ == kMost) die("the system call filter is too long");
    code_[size_++] = {code, if_true, if_false, value};
  }
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset)); }
  // The low half of an argument: on little-endian machines it comes first.
  void load_argument(unsigned i) { load(offsetof(seccomp_data, args) + i * sizeof(unsigned long long)); }
  void end(unsigned action) { add(BPF_RET | BPF_K, action); }
  void end_if_equal(unsigned value, unsigned action) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    end(action);
  }
  void skip_unless_equal(unsigned value, unsigned char count) { add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count); }
  void install() {
    const sock_fprog program{.len = size_, .filter = code_};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) die("cannot install the system call filter");
  }

 private:
  static constexpr unsigned short kMost = 256;
  sock_filter code_[kMost];
  unsigned short size_ = 0;
};

constexpr unsigned refuse(unsigned reason) { return SECCOMP_RET_ERRNO | reason; }

// Unix and internet sockets, and the netlink that lists interfaces. A vsock would reach the host of a virtual machine, network
// namespace or not.
void check_socket(Program& program, unsigned call) {
  program.skip_unless_equal(call, 12);
  program.load_argument(0);
  program.end_if_equal(AF_UNIX, SECCOMP_RET_ALLOW);
  program.end_if_equal(AF_INET, SECCOMP_RET_ALLOW);
  program.end_if_equal(AF_INET6, SECCOMP_RET_ALLOW);
  program.skip_unless_equal(AF_NETLINK, 3);
  program.load_argument(2);
  program.end_if_equal(0, SECCOMP_RET_ALLOW);
  program.end(refuse(EAFNOSUPPORT));
}

void check_clone(Program& program) {
  program.skip_unless_equal(__NR_clone, 4);
  program.load_argument(0);
  program.add(BPF_JMP | BPF_JSET | BPF_K, kNamespaceFlags, 0, 1);
  program.end(refuse(EPERM));
  program.end(SECCOMP_RET_ALLOW);
}

// Typing into a terminal that is not ours.
void check_ioctl(Program& program) {
  program.skip_unless_equal(__NR_ioctl, 6);
  program.load_argument(1);
  program.end_if_equal(TIOCSTI, refuse(EPERM));
  program.end_if_equal(TIOCLINUX, refuse(EPERM));
  program.end(SECCOMP_RET_ALLOW);
}

}  // namespace

void install_filter() {
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
  check_socket(program, __NR_socket);
  check_socket(program, __NR_socketpair);
  check_clone(program);
  check_ioctl(program);
  program.end(SECCOMP_RET_ALLOW);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) die("cannot give up new privileges");
  program.install();
}

}  // namespace zo::launcher
