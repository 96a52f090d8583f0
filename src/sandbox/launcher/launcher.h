// zo-launcher: the small program on both sides of bubblewrap. The server carries it inside itself and runs it from memory.
//
//   zo-launcher outer [--cgroup FD]… [--user UID STAGE [--mount HOST STAGED]…] -- PROGRAM ARG…
//     joins the control groups; as root also makes a private mount namespace, mounts each HOST path at STAGED (under STAGE,
//     where an unprivileged user can reach it) and becomes UID. Then it runs PROGRAM,
//     bubblewrap, whose exit code is its own. SIGTERM, or the end of the server, ends the whole tree; it ends after it.
//   zo-launcher inner REPORT_FD DATA_BYTES PROCESSES HOME [--env NAME=VALUE]… -- COMMAND ARG…
//   zo-launcher inner REPORT_FD DATA_BYTES PROCESSES HOME --probe HOST_PATH
//     sets the limits that only the process itself can set, reports "armed" and executes COMMAND; or, with --probe, says
//     what it sees from inside.
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

// No new privileges, and a filter of system calls, for this process and all that it starts.
void install_filter();
// One line for each layer, as the canary expects them.
void probe(const char* host_path);

}  // namespace zo::launcher
