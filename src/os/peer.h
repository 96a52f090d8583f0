// Who is at the other end of a unix socket. Its uid alone says little where commands run in a sandbox under the same uid: such a
// command may come to see the socket by a mistake elsewhere.
#pragma once

#include "base/result.h"

namespace zo {

// The uid of the process that connected. It is ours, and the process lives in our mount and pid namespaces, and still does after it
// was looked at; else Denied, with the reason in a sentence for that process. Where the kernel can name the process by a descriptor
// (SO_PEERPIDFD, Linux 6.5), no reuse of its pid deceives this.
Result<unsigned> trusted_peer(int socket);

}  // namespace zo
