// What the handlers share: the computer, what repeated writes need, the key that signs download links.
#pragma once

#include <fmt/core.h>

#include <map>
#include <memory>
#include <string>

#include "api/gate.h"
#include "api/repeats.h"
#include "api/route.h"
#include "computer/computer.h"

namespace zo {

struct ApiState {
  explicit ApiState(Computer& c)
      : zo(c), gate(c.accounts, c.world.clock), signing_key(c.world.dice.secret(32)), repeats{Answers(c.store, c.world.clock)} {}

  Computer& zo;
  Gate gate;
  std::string address;      // "http://127.0.0.1:8787"
  std::string signing_key;  // of download links; made anew at every start
  std::map<std::string, std::shared_ptr<TokenLife>, std::less<>> link_makers;  // by token; each link ends with its maker
  Repeats repeats;
};

// A run on behalf of whoever asks, with no more than that token may.
inline RunRequest run_request(const ApiRequest& request) {
  const Principal& who = request.principal;
  RunRequest wanted{.person = who.person, .token = who.token, .tools = who.tools, .models = who.models, .client_key = request.key()};
  if (!who.is_person) wanted.egress = who.egress;
  wanted.refuses_asks = who.refuses_asks;
  return wanted;
}

// Files go along with a message for whoever may have them read: their names alone, and room on the disk, are not for every token
// that may talk.
inline Result<> may_attach(const Principal& who) {
  if (who.scope == TokenScope::All || who.tools.allows("read_file")) return {};
  return fail(Code::Denied, fmt::format("the token '{}' may not attach files: its tools do not read any", who.name),
              "make one with: zo token create --name NAME --scope chat --tools read_file");
}

}  // namespace zo
