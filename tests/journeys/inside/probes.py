"""What a command must not be able to do, tried from inside the sandbox: one probe, or a few, for each row of the table that
sandbox_probes.py prints. Arguments are valid and harmless, since the kernel looks at arguments before it looks at rights."""

import ctypes
import fcntl
import glob
import mmap
import os
import resource
import signal
import socket
import struct
import termios
import threading
import time
from errno import (EACCES, EAFNOSUPPORT, EAGAIN, EBADF, EBUSY, ECONNREFUSED, EFBIG, EMFILE, ENETUNREACH, ENOENT, ENOMEM, ENOSPC, ENOSYS,
                   ENOTDIR, ENXIO, EPERM, EROFS, ESRCH, EXDEV)

import harness
from harness import AT_FDCWD, X86, Fell, Skipped, Sleeper, call, checked, in_child, libc, must, pids, probe, read, refused, write

HERE = os.getcwd()
UP = "../" * 40


def is_open(descriptor):
    try:
        fcntl.fcntl(descriptor, fcntl.F_GETFD)
        return True
    except OSError:
        return False


OPEN_AT_START = [descriptor for descriptor in range(3, 1024) if is_open(descriptor)]


# Files: 1 to 20

@probe(1, "read a secret by its path")
def _(facts):
    refused("read", lambda: read(facts.secret), ENOENT)


@probe(2, "read it through a chain of ..")
def _(facts):
    refused("read", lambda: read(f"{HERE}/{UP}{facts.secret}"), ENOENT)


@probe(3, "read it through a symlink in the workspace")
def _(facts):
    os.symlink(facts.secret, "link-to-secret")
    refused("read", lambda: read("link-to-secret"), ENOENT)


@probe(4, "hard-link it into the workspace")
def _(facts):
    refused("link", lambda: os.link(facts.secret, "hard-link"), ENOENT, EXDEV)


@probe(5, "read it through /proc/1/root")
def _(facts):
    refused("read", lambda: read("/proc/1/root" + facts.secret), EACCES, ENOENT)


@probe(6, "read it through /proc/self/root")
def _(facts):
    refused("read", lambda: read("/proc/self/root" + facts.secret), ENOENT)


@probe(7, "read it through root and cwd of every visible process")
def _(facts):
    must(pids(), "no process is visible")
    for pid in pids():
        for path in (f"/proc/{pid}/root{facts.secret}", f"/proc/{pid}/cwd/{UP}{facts.secret}"):
            refused(path, lambda path=path: read(path), ENOENT, EACCES)


@probe(8, "inherited descriptors are closed")
def _(facts):
    must(not OPEN_AT_START, f"open: {OPEN_AT_START}")


@probe(8, "no process here holds a file of the host", "others")
def _(facts):
    for link in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            target = os.readlink(link)
        except OSError:
            continue
        must(facts.folder not in target, f"{link} is {target}")


@probe(9, "climb from an inherited folder by openat")
def _(facts):
    for descriptor in range(0, 65):
        if descriptor in OPEN_AT_START or descriptor < 3:
            refused(f"openat({descriptor}, ..)", lambda d=descriptor: os.open("..", os.O_RDONLY, dir_fd=d), ENOTDIR, EBADF)


@probe(10, "write to /usr, /etc, /dev and /")
def _(facts):
    for path in ("/usr/zo-probe", "/usr/bin/zo-probe", "/etc/zo-probe", "/dev/zo-probe", "/lib/zo-probe", "/zo-probe"):
        refused(path, lambda path=path: write(path, os.O_CREAT), EROFS, EACCES)
    for path in ("/usr/bin/env", "/etc/passwd", "/etc/hosts", "/etc/resolv.conf", "/etc/ld.so.cache"):
        refused(path, lambda path=path: write(path), EROFS, EACCES)


@probe(11, "write to the start files of a person's shell")
def _(facts):
    for name in (".bashrc", ".profile", ".ssh/authorized_keys"):
        refused(name, lambda name=name: write(f"{facts.person}/{name}", os.O_CREAT | os.O_APPEND), ENOENT)


@probe(12, "write through a symlink to a folder outside")
def _(facts):
    os.symlink(facts.folder, "link-out")
    refused("write", lambda: write("link-out/written", os.O_CREAT), ENOENT)


@probe(13, "read /etc/shadow, list /root and /home")
def _(facts):
    refused("/etc/shadow", lambda: read("/etc/shadow"), ENOENT)
    for path in ("/root", "/home", facts.person):
        refused(path, lambda path=path: os.listdir(path), ENOENT)


@probe(14, "reach the server's home, database and keys")
def _(facts):
    refused(facts.home, lambda: os.listdir(facts.home), ENOENT)
    for name in ("zo.db", "zo.sock", "keys", "lock"):
        refused(name, lambda name=name: read(f"{facts.home}/{name}"), ENOENT)


@probe(15, "change what git of an owner's repository runs")
def _(facts):
    os.chdir("owners")
    refused("a new hook", lambda: write(".git/hooks/pre-commit", os.O_CREAT), EROFS, EACCES)
    refused("an old hook", lambda: write(".git/hooks/post-commit"), EROFS, EACCES)
    refused("the configuration", lambda: write(".git/config"), EROFS, EACCES)
    write(".git/config.lock", os.O_CREAT)
    refused("its replacement", lambda: os.rename(".git/config.lock", ".git/config"), EBUSY, EROFS)


@probe(15, "put another folder where its hooks are", "rename")
def _(facts):
    os.chdir("owners/.git")
    refused("renaming hooks", lambda: os.rename("hooks", "away"), EBUSY, EROFS)


@probe(15, "put another repository where it is", "replace")
def _(facts):
    os.chdir("owners")
    try:
        refused("renaming .git", lambda: os.rename(".git", "away"), EBUSY, EROFS)
    finally:
        if os.path.exists("away"):
            os.rename("away", ".git")


@probe(16, "make a set-user-ID program, and run it")
def _(facts):
    copy = "set-id-program"
    with open("/usr/bin/id", "rb") as program, open(copy, "wb") as file:
        file.write(program.read())
    os.chmod(copy, 0o755)
    for mode in (0o4755, 0o2755, 0o6755):
        refused(oct(mode), lambda mode=mode: os.chmod(copy, mode), EPERM)
    must(os.stat(copy).st_mode & 0o6000 == 0, "the bits are set all the same")
    with os.popen(f"{HERE}/{copy} -u") as ran:
        must(ran.read().strip() == str(os.getuid()), "it runs as another user")


@probe(17, "make a device file")
def _(facts):
    for kind, number in ((0o020000, os.makedev(1, 3)), (0o060000, os.makedev(7, 0))):
        refused("mknod", lambda kind=kind, number=number: os.mknod(f"device-{kind}", kind | 0o600, number), EPERM)


@probe(18, "open a file by its handle")
def _(facts):
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136)
    mount = ctypes.c_int()
    try:
        call("name_to_handle_at", AT_FDCWD, b"/usr/bin/env", handle, ctypes.byref(mount), 0)
    except OSError as problem:
        raise Skipped(f"/usr gives no handles: {problem.strerror}") from None
    folder = os.open("/usr", os.O_RDONLY)
    refused("open_by_handle_at", lambda: call("open_by_handle_at", folder, handle, os.O_RDONLY), EPERM)


@probe(19, "reopen a file of a read-only mount for writing")
def _(facts):
    for path in ("/usr/bin/env", "/etc/resolv.conf", "/etc/passwd"):
        descriptor = os.open(path, os.O_RDONLY)
        refused(path, lambda d=descriptor: write(f"/proc/self/fd/{d}"), EACCES, EROFS)


@probe(20, "what is in /tmp and /dev/shm is not the host's")
def _(facts):
    for folder in ("/tmp", "/dev/shm"):
        must(os.listdir(folder) == [], f"{folder} has {os.listdir(folder)}")
        with open(f"{folder}/{facts.tag}", "w"):
            pass  # the host looks for it


# Other processes: 21 to 31

@probe(21, "only the own processes are visible")
def _(facts):
    must(len(pids()) < 12, f"{len(pids())} processes")
    for pid in pids():
        must(os.stat(f"/proc/{pid}").st_uid == os.getuid(), f"process {pid} is of another user")


@probe(22, "read environment, command line and maps of a victim")
def _(facts):
    for name in ("environ", "cmdline", "maps", "mem", "root"):
        refused(name, lambda name=name: read(f"/proc/{facts.pid}/{name}"), ENOENT)


@probe(23, "signal a victim, and what started us")
def _(facts):
    for pid in (facts.pid, facts.server, int(read(facts.starter))):
        refused(f"kill({pid})", lambda pid=pid: os.kill(pid, 0), ESRCH, EPERM)


@probe(25, "trace a victim")
def _(facts):
    attach, seize = 16, 0x4206
    for how in (attach, seize):
        refused("ptrace", lambda how=how: call("ptrace", how, facts.pid, 0, 0), EPERM, ESRCH)


@probe(26, "trace an own child")
def _(facts):
    with Sleeper() as child:
        refused("PTRACE_SEIZE", lambda: call("ptrace", 0x4206, child, 0, 0), EPERM)
        refused("PTRACE_TRACEME", lambda: call("ptrace", 0, 0, 0, 0), EPERM)


def vectors():
    here = ctypes.create_string_buffer(b"12345678")
    vector = struct.pack("QQ", ctypes.addressof(here), 8)
    return here, ctypes.create_string_buffer(vector), ctypes.create_string_buffer(vector)


@probe(27, "read and write another's memory by system call")
def _(facts):
    here, ours, theirs = vectors()
    with Sleeper() as child:
        for name in ("process_vm_readv", "process_vm_writev"):
            refused(f"{name} of a child", lambda name=name: call(name, child, ours, 1, theirs, 1, 0), EPERM)
            refused(f"{name} of the victim", lambda name=name: call(name, facts.pid, ours, 1, theirs, 1, 0), EPERM, ESRCH)


@probe(28, "take a descriptor out of a victim or a child")
def _(facts):
    refused("pidfd_open", lambda: os.pidfd_open(facts.pid), ESRCH, EPERM)
    with Sleeper() as child:
        handle = os.pidfd_open(child)
        refused("pidfd_getfd", lambda: call("pidfd_getfd", handle, 0, 0), EPERM)


@probe(29, "raise priorities")
def _(facts):
    refused("a victim's", lambda: os.setpriority(os.PRIO_PROCESS, facts.pid, 19), ESRCH)
    refused("nice -20", lambda: os.setpriority(os.PRIO_PROCESS, 0, -20), EACCES, EPERM)
    refused("SCHED_FIFO", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)), EPERM)


LIMITED = {"NOFILE": 1024, "NPROC": None, "CORE": 0, "MEMLOCK": 1 << 20, "MSGQUEUE": 0, "FSIZE": 1 << 30, "DATA": None}


@probe(30, "raise own hard limits")
def _(facts):
    for name in LIMITED:
        kind = getattr(resource, "RLIMIT_" + name)
        hard = resource.getrlimit(kind)[1]
        must(hard != resource.RLIM_INFINITY, f"{name} has no limit")
        for wanted in (hard + 1, resource.RLIM_INFINITY):
            try:
                resource.setrlimit(kind, (hard, wanted))
            except (ValueError, PermissionError):  # Python's words for EPERM
                continue
            raise Fell(f"{name} was raised to {wanted}")


@probe(31, "hide from the out-of-memory killer")
def _(facts):
    for path in ("/proc/self/oom_score_adj", "/proc/1/oom_score_adj", "/proc/self/oom_adj"):
        refused(path, lambda path=path: write(path), EACCES, EROFS)


# The kernel: 32 to 49

NAMESPACES = {"NEWNS": 0x20000, "NEWCGROUP": 0x2000000, "NEWUTS": 0x4000000, "NEWIPC": 0x8000000, "NEWUSER": 0x10000000,
              "NEWPID": 0x20000000, "NEWNET": 0x40000000}


@probe(32, "make a namespace by unshare")
def _(facts):
    for name, flag in NAMESPACES.items():
        refused(name, lambda flag=flag: checked(libc.unshare(flag)), EPERM)


def clone(flags):
    child = call("clone", flags | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    return child


@probe(33, "make a namespace by clone and clone3")
def _(facts):
    for name, flag in NAMESPACES.items():
        refused(f"clone {name}", lambda flag=flag: clone(flag), EPERM)

    def clone3():
        arguments = struct.pack("11Q", NAMESPACES["NEWUSER"], 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0)
        if call("clone3", ctypes.create_string_buffer(arguments), 88) == 0:
            os._exit(0)
    refused("clone3", clone3, ENOSYS)


@probe(34, "mount, remount, unmount")
def _(facts):
    remount_bind = 32 | 4096
    refused("a tmpfs", lambda: checked(libc.mount(b"tmpfs", HERE.encode(), b"tmpfs", 0, None)), EPERM)
    refused("/ read-write", lambda: checked(libc.mount(b"none", b"/", None, remount_bind, None)), EPERM)
    refused("/proc away", lambda: checked(libc.umount2(b"/proc", 2)), EPERM)
    refused("fsopen", lambda: call("fsopen", b"tmpfs", 0), EPERM)
    refused("open_tree", lambda: call("open_tree", AT_FDCWD, b"/", 1), EPERM)
    refused("mount_setattr", lambda: call("mount_setattr", AT_FDCWD, b"/", 0, ctypes.create_string_buffer(32), 32), EPERM)


@probe(35, "change the root, enter another's namespace")
def _(facts):
    refused("chroot", lambda: os.chroot(HERE), EPERM)
    refused("pivot_root", lambda: call("pivot_root", b"/tmp", b"/tmp"), EPERM)
    for kind in ("user", "mnt", "net", "pid"):
        def enter(kind=kind):
            checked(libc.setns(os.open(f"/proc/1/ns/{kind}", os.O_RDONLY), 0))
        refused(f"setns {kind}", enter, EPERM, EACCES)


@probe(36, "use the kernel's key rings")
def _(facts):
    thread, session = -1, -3
    refused("add_key", lambda: call("add_key", b"user", b"zo-probe", b"x", 1, thread), EPERM)
    refused("keyctl", lambda: call("keyctl", 0, session, 0), EPERM)
    refused("request_key", lambda: call("request_key", b"user", b"zo-probe", None, 0), EPERM)


@probe(37, "load a program into the kernel (bpf)")
def _(facts):
    code = ctypes.create_string_buffer(struct.pack("BBhiBBhi", 0xB7, 0, 0, 0, 0x95, 0, 0, 0))
    words = ctypes.create_string_buffer(b"GPL")
    load = struct.pack("IIQQ", 1, 2, ctypes.addressof(code), ctypes.addressof(words)).ljust(128, b"\0")
    array = struct.pack("IIII", 2, 4, 4, 1).ljust(128, b"\0")
    refused("a program", lambda: call("bpf", 5, ctypes.create_string_buffer(load), 128), EPERM)
    refused("a map", lambda: call("bpf", 0, ctypes.create_string_buffer(array), 128), EPERM)


@probe(38, "count events of the machine (perf)")
def _(facts):
    disabled_user_only = 1 | 1 << 5 | 1 << 6
    attributes = ctypes.create_string_buffer(struct.pack("IIQQQQQ", 1, 64, 1, 0, 0, 0, disabled_user_only), 64)
    refused("perf_event_open", lambda: call("perf_event_open", attributes, 0, -1, -1, 0), EPERM)


@probe(39, "system calls by io_uring")
def _(facts):
    refused("io_uring_setup", lambda: call("io_uring_setup", 1, ctypes.create_string_buffer(120)), ENOSYS)


@probe(40, "handle page faults (userfaultfd)")
def _(facts):
    refused("userfaultfd", lambda: call("userfaultfd", os.O_CLOEXEC | 1), EPERM)


@probe(41, "load a kernel or a module, swap, restart")
def _(facts):
    disable_restart_keys = 0
    refused("kexec_load", lambda: call("kexec_load", 0, 0, None, 0), EPERM)
    refused("init_module", lambda: call("init_module", b"\x7fELF", 0, b""), EPERM)
    refused("swapon", lambda: call("swapon", b"/tmp/zo-no-such-file", 0), EPERM)
    refused("reboot", lambda: call("reboot", 0xFEE1DEAD, 672274793, disable_restart_keys, None), EPERM)


@probe(42, "set the clock")
def _(facts):
    offset_of_zero = ctypes.create_string_buffer(struct.pack("I", 0x0100), 208)
    refused("clock_adjtime", lambda: call("clock_adjtime", 0, offset_of_zero), EPERM)


@probe(43, "change the own personality")
def _(facts):
    no_randomize = 0x0040000
    refused("personality", lambda: call("personality", no_randomize), EPERM)


@probe(44, "type into a terminal")
def _(facts):
    refused("/dev/tty", lambda: write("/dev/tty"), ENXIO)
    os.setsid()
    terminal = os.openpty()[1]
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    refused("TIOCSTI", lambda: fcntl.ioctl(terminal, termios.TIOCSTI, b"x"), EPERM)
    own = os.open("/dev/tty", os.O_RDWR)
    refused("TIOCSTI on /dev/tty", lambda: fcntl.ioctl(own, termios.TIOCSTI, b"x"), EPERM)
    refused("TIOCLINUX", lambda: fcntl.ioctl(own, 0x541C, b"\x06"), EPERM)


@probe(45, "no new privileges, and none of the old")
def _(facts):
    status = dict(line.split(":\t", 1) for line in read("/proc/self/status").decode().splitlines() if ":\t" in line)
    must(status["NoNewPrivs"].strip() == "1", "new privileges may be had")
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        must(int(status[name], 16) == 0, f"{name} is {status[name]}")


@probe(46, "change the machine through /proc/sys")
def _(facts):
    for path in ("sys/kernel/core_pattern", "sysrq-trigger", "sys/kernel/sysrq", "sys/kernel/modprobe", "sys/kernel/hostname",
                 "sys/vm/overcommit_memory", "sys/fs/binfmt_misc/register", "sys/net/ipv4/ip_forward"):
        refused(path, lambda path=path: write("/proc/" + path), EACCES, EROFS, ENOENT)


@probe(47, "read the kernel's messages and addresses")
def _(facts):
    read_all = 3
    refused("syslog", lambda: call("syslog", read_all, ctypes.create_string_buffer(4096), 4096), EPERM)
    for path in ("/dev/kmsg", "/proc/kmsg", "/proc/kcore"):
        refused(path, lambda path=path: read(path, 512), EPERM, EACCES, ENOENT)
    try:
        symbols = read("/proc/kallsyms", 65536)
    except OSError:
        return
    must(all(int(line.split()[0], 16) == 0 for line in symbols.splitlines()[:-1]), "addresses of the kernel are shown")


@probe(48, "reach /sys and control groups")
def _(facts):
    refused("/sys", lambda: os.listdir("/sys/kernel"), ENOENT)
    refused("a group", lambda: os.mkdir("/sys/fs/cgroup/zo-probe"), ENOENT)
    kinds = {line.split()[2] for line in read("/proc/mounts").decode().splitlines()}
    must(not kinds & {"cgroup", "cgroup2", "sysfs", "debugfs", "tracefs", "securityfs", "bpf"}, f"mounted: {kinds}")


DEVICES = {"core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero", "console",
           "mqueue"}


@probe(49, "open disks, memory and other devices")
def _(facts):
    for name in ("vda", "sda", "nvme0n1", "mem", "kmsg", "kvm", "fuse", "net/tun", "loop-control", "vsock", "vhost-vsock"):
        refused(name, lambda name=name: read("/dev/" + name, 1), ENOENT)
    must(set(os.listdir("/dev")) <= DEVICES, f"/dev has {set(os.listdir('/dev')) - DEVICES}")


# The network: 50 to 63

def connect(address, port, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as made:
        made.settimeout(2)
        made.connect((address, port))
        if kind == socket.SOCK_DGRAM:
            made.send(b"x")


@probe(50, "reach a service on the host's 127.0.0.1")
def _(facts):
    for port in (facts.port, facts.server_port):
        refused(f"port {port}", lambda port=port: connect("127.0.0.1", port), ECONNREFUSED)
    refused("::1", lambda: connect("::1", facts.server_port), ECONNREFUSED, ENETUNREACH)


@probe(51, "reach the host's address in its network")
def _(facts):
    refused("connect", lambda: connect(facts.lan or "192.0.2.1", facts.lan_port or 80), ENETUNREACH)


@probe(52, "reach the metadata of a cloud")
def _(facts):
    refused("IPv4", lambda: connect("169.254.169.254", 80), ENETUNREACH)
    refused("IPv6", lambda: connect("fd00:ec2::254", 80), ENETUNREACH)


def lookup_ms():
    began = time.monotonic()
    try:
        socket.getaddrinfo("example.com", 80)
    except socket.gaierror:
        return (time.monotonic() - began) * 1000
    raise Fell("a name was looked up")


@probe(53, "ask a name server; a look-up fails within 100 ms")
def _(facts):
    for address in ["192.0.2.53", "1.1.1.1", *facts.resolvers]:
        refused(address, lambda address=address: connect(address, 53, socket.SOCK_DGRAM), ENETUNREACH)
    fastest = min(lookup_ms() for _ in range(5))
    must(fastest < 100, f"it took {fastest:.0f} ms")


def proxy(facts):
    must(any(name.lower().endswith("_proxy") for name in os.environ), "there is no proxy to try: there is no network at all")


for row, what in ((54, "a secret in a label of a name, through the proxy"), (74, "the proxy and a host in an odd notation"),
                  (75, "the proxy and a name that leads to a private address"), (76, "the proxy and another host in TLS or Host"),
                  (77, "the proxy and a redirect to a host that is not allowed"), (78, "the proxy and the secret of another host")):
    probe(row, what)(proxy)


@probe(55, "reach the host's abstract unix socket")
def _(facts):
    refused("connect", lambda: socket.socket(socket.AF_UNIX).connect("\0" + facts.abstract), ECONNREFUSED, EPERM)


@probe(56, "reach the server's socket and those of other daemons")
def _(facts):
    for path in (facts.control, facts.socket, "/var/run/docker.sock", "/run/dbus/system_bus_socket", "/run/containerd/containerd.sock"):
        refused(path, lambda path=path: socket.socket(socket.AF_UNIX).connect(path), ENOENT)


@probe(57, "raw sockets")
def _(facts):
    for family, kind, number in ((socket.AF_INET, socket.SOCK_RAW, 1), (socket.AF_INET6, socket.SOCK_RAW, 58),
                                 (socket.AF_PACKET, socket.SOCK_RAW, 0), (socket.AF_PACKET, socket.SOCK_DGRAM, 0)):
        refused(f"family {family}", lambda f=family, k=kind, n=number: socket.socket(f, k, n), EPERM, EAFNOSUPPORT)


@probe(58, "sockets of other families")
def _(facts):
    stream, datagram, raw, sequenced = 1, 2, 3, 5
    for name, family, kind, number in (("VSOCK", 40, stream, 0), ("ALG", 38, sequenced, 0), ("KEY", 15, raw, 2), ("XDP", 44, raw, 0),
                                       ("BLUETOOTH", 31, raw, 1), ("TIPC", 30, stream, 0), ("CAN", 29, raw, 1), ("RDS", 21, sequenced, 0)):
        refused(name, lambda f=family, k=kind, n=number: checked(libc.socket(f, k, n)), EAFNOSUPPORT)


@probe(59, "netlink other than the list of interfaces")
def _(facts):
    for name, number in (("audit", 9), ("netfilter", 12), ("uevents", 15), ("generic", 16), ("diagnosis", 4), ("xfrm", 6)):
        refused(name, lambda n=number: checked(libc.socket(socket.AF_NETLINK, socket.SOCK_RAW, n)), EAFNOSUPPORT)
    checked(libc.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))


@probe(60, "be reached from the host on a port")
def _(facts):
    server = socket.socket()
    server.bind(("0.0.0.0", facts.free_port))
    server.listen()
    with open("listening", "w"):
        pass  # the host now connects, and says how that went
    end = time.monotonic() + 10
    while not os.path.exists("connected") and time.monotonic() < end:
        time.sleep(0.02)
    must(read("connected").decode() == "refused", f"the host's connection was {read('connected').decode()}")


@probe(61, "shared memory and message queues of the host")
def _(facts):
    refused("shared memory", lambda: checked(libc.shmget(facts.memory_key, 0, 0)), ENOENT)
    refused("a queue of the host", lambda: checked(libc.mq_open(facts.queue_name.encode(), os.O_RDONLY)), ENOENT)
    refused("an own queue", lambda: checked(libc.mq_open(b"/zo-own", os.O_CREAT | os.O_RDWR, 0o600, None)), EMFILE)


@probe(62, "find a key in an environment or a command line")
def _(facts):
    key = facts.key_reversed[::-1].encode()
    must(key.decode() not in os.environ.values(), "it is in the own environment")
    for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
        must(key not in read(path), f"it is in {path}")
    must(not [name for name in os.environ if "KEY" in name or "TOKEN" in name], "a variable of that name is there")


@probe(63, "tell the machine, or the server's version")
def _(facts):
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id", "/etc/hostname", "/sys/class/dmi/id/product_uuid"):
        refused(path, lambda path=path: read(path), ENOENT)
    must(os.uname().nodename == "zo", f"its name is {os.uname().nodename}")
    for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
        must(facts.version.encode() not in read(path), f"{path} tells the version")


# Bombs: 64 to 69

@probe(64, "a crash leaves no core")
def _(facts):
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    child = os.fork()
    if child == 0:
        os.abort()
    must(not os.WCOREDUMP(os.waitpid(child, 0)[1]), "a core was dumped")
    must(not glob.glob("core*"), "a core is here")


@probe(65, "system calls of another architecture")
def _(facts):
    if not X86:
        raise Skipped("only x86-64 has others")
    x32_getpid = 0x40000000 | 39
    must(in_child(lambda: libc.syscall(x32_getpid)) == signal.SIGSYS, "x32 is let through")

    def old_getpid():
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(bytes.fromhex("b814000000" "cd80" "c3"))  # mov eax, 20; int 0x80; ret
        ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
    # A kernel that knows no 32-bit programs faults.
    must(in_child(old_getpid) in (signal.SIGSYS, signal.SIGSEGV), "int 0x80 is let through")


def bomb(start):
    """Starts until it is refused; gives how many there were."""
    for count in range(1000):
        try:
            start()
        except (OSError, RuntimeError) as problem:
            must(getattr(problem, "errno", EAGAIN) == EAGAIN, f"refused by {problem}")
            return count
    raise Fell("1,000 were let through")


@probe(66, "more than 128 processes")
def _(facts):
    started = []

    def start():
        child = os.fork()
        if child == 0:
            signal.pause()
        started.append(child)
    try:
        count = bomb(start)
        must(count <= 128, f"{count} were let through")
    finally:
        for child in started:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


@probe(66, "more than 128 threads", "threads")
def _(facts):
    threading.stack_size(65536)  # so that it is not memory that ends
    stop = threading.Event()
    try:
        count = bomb(lambda: threading.Thread(target=stop.wait, daemon=True).start())
        must(count <= 128, f"{count} were let through")
    finally:
        stop.set()


@probe(67, "3 GiB of own memory")
def _(facts):
    refused("mmap", lambda: mmap.mmap(-1, 3 << 30, flags=mmap.MAP_PRIVATE), ENOMEM)


@probe(67, "lock 64 MiB of memory", "lock")
def _(facts):
    page = mmap.mmap(-1, 64 << 20)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    refused("mlock", lambda: checked(libc.mlock(ctypes.c_void_p(address), ctypes.c_size_t(64 << 20))), ENOMEM, EPERM)


def fill(path):
    block = b"x" * (1 << 20)
    with open(path, "wb", buffering=0) as file:
        for _ in range(200):
            file.write(block)


@probe(67, "fill /tmp and /dev/shm", "scratch")
def _(facts):
    for path in ("/tmp/filler", "/dev/shm/filler"):
        try:
            refused(path, lambda path=path: fill(path), ENOSPC)
        finally:
            os.unlink(path)


@probe(68, "a file of 2 GiB")
def _(facts):
    with open("sparse", "wb") as file:
        refused("2 GiB", lambda: os.ftruncate(file.fileno(), 2 << 30), EFBIG)
        refused("a byte beyond 1 GiB", lambda: os.pwrite(file.fileno(), b"x", 1 << 30), EFBIG)
    os.unlink("sparse")


FILES_MOST = 65_536  # in 64 MiB


@probe(68, "1,000,000 files in /tmp", "inodes")
def _(facts):
    for folder in ("/tmp", "/dev/shm"):
        most = os.statvfs(folder).f_files
        must(0 < most <= FILES_MOST, f"{folder} takes {most or 'any number of'} files")


def open_many(start):
    kept = []
    while len(kept) < 1100:
        kept.append(start())
    return len(kept)


@probe(69, "1,100 open files, 1,100 watches")
def _(facts):
    refused("files", lambda: open_many(lambda: open("/dev/null")), EMFILE)
    refused("watches", lambda: open_many(lambda: checked(libc.inotify_init())), EMFILE)


if __name__ == "__main__":
    import layers
    import set_id
    assert layers and set_id  # their probes have joined ours
    harness.run()
