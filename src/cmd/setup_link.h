// How a browser on another machine reaches the page that is bound to this one's loopback.
#pragma once

#include <string>
#include <string_view>

namespace zo {

// "ssh -L 8787:127.0.0.1:8787 user@host" for the value of SSH_CONNECTION ("client port server port") and the page's URL; empty
// when either is not what it should be.
std::string ssh_forward(std::string_view ssh_connection, std::string_view user, std::string_view url);

}  // namespace zo
