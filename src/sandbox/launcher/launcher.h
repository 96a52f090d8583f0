// zo-launcher: the small program on both sides of bubblewrap. The server carries it inside itself and runs it from memory.
//
//   zo-launcher outer DATA_BYTES [--cgroup FD]… [--folder FD MAPPING_FD] [--user UID STAGE [--mount HOST STAGED]…] -- PROGRAM ARG…
//     sets limits for all that it starts and joins the control groups. As root it also makes a private mount namespace, mounts
//     the open folder FD at STAGE/0 (where an unprivileged user can reach it; MAPPING_FD, unless it is "-", is the user namespace
//     through which its owner is met) and each HOST path at STAGED, and becomes UID. Then it runs PROGRAM, bubblewrap, whose exit
//     code is its own. SIGTERM, or the end of the server, ends the whole tree; it ends after it.
//   zo-launcher inner WORDS_FD
//     finds its words in an open file, each ended by a zero byte, since arguments can be read by every user of the machine:
//       REPORT_FD PROCESSES DEVICE INODE HOME [--env NAME=VALUE]… [--read-only DEVICE INODE PATH]… [--keep FD] [--listen DOOR_FD PORT] -- COMMAND ARG…
//       REPORT_FD PROCESSES DEVICE INODE HOME --probe HOST_PATH
//     sees that the working directory is the folder DEVICE INODE and that each PATH is what it is said to be, and read-only; limits the number of processes, reports "armed" and executes
//     COMMAND, which gets no descriptor of ours but FD; a socket that listens on 127.0.0.1:PORT in here has been sent through DOOR_FD
//     (SCM_RIGHTS of unix(7)) before; or, with --probe, says what it sees from inside.
//
// It depends on the C library alone, is linked statically and takes nothing but its arguments.
#pragma once

namespace zo::launcher {

// Prints "zo-launcher: what: reason" and exits with 125.
[[noreturn]] void die(const char* what);
// A number from an argument; dies when it is none.
unsigned long long number(const char* text);

[[noreturn]] void outer(char** args);
[[noreturn]] void inner(char** args);

// One line for each layer, as the canary expects them.
void probe(const char* host_path);

}  // namespace zo::launcher
