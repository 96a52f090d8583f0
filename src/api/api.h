// The HTTP face: gate → route → handler → reply, in every dialect. The gate and the route judge a request by its head; what they
// found is what the handler gets once the body is there. One object per server.
#pragma once

#include <memory>
#include <string>

#include "computer/computer.h"
#include "net/http_server.h"

namespace zo {

class Api {
 public:
  explicit Api(Computer& computer);
  ~Api();

  // After listen: what the gate takes as its own address. "http://127.0.0.1:8787"
  void set_address(std::string address);
  HttpAdmit admit();
  // A new setup link of a person's: "http://127.0.0.1:8787/setup#7k3m-…".
  Task<Result<std::string>> make_setup_url(Principal maker);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zo
