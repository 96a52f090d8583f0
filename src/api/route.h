// What a route is: one row of the table in routes.cc. The gate, the handlers and /openapi.json all read the same row.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "account/accounts.h"
#include "base/json.h"
#include "limit/limits.h"
#include "net/http_server.h"

namespace zo {

struct ApiState;
struct Route;

// A request past the gate. The gate and the route saw its head; the body came after.
struct ApiRequest {
  HttpRequest http;
  Principal principal;
  std::map<std::string, std::string, std::less<>> path;  // "{id}" → value
  const Route* route = nullptr;
  std::unique_ptr<TokenUse> use;  // of the principal's token; a revocation cuts it

  // Of the query. The route's row names it: what a handler reads and what /openapi.json says are the same.
  std::optional<std::string> parameter(std::string_view name) const;
  // The Idempotency-Key, as a key of this token's own: what one token did is not another's to be told. Empty when none was sent.
  std::string key() const;
};

// Most routes: a request in, one reply out. An Error becomes the error shape of the route's dialect.
using PlainHandler = Task<Result<HttpReply>> (*)(ApiState& api, ApiRequest& request);
// Streams: answers through the responder itself; an Error is possible before the stream has begun.
using StreamHandler = Task<Result<>> (*)(ApiState& api, ApiRequest& request, HttpResponder& out);

// How errors look: ours, FastAPI's as in the sketch's API, OpenAI's.
enum class ErrorShape { Ours, Zo, OpenAi };
// Open: no token needed. Person: a person at the page or at this machine, never the holder of a token, whatever its scope: what widens
// what agents may do, or answers what they ask.
enum class Guard { Open, Token, Person };
// What a repeated write with an Idempotency-Key gets (api/repeats.h).
enum class Repeated {
  SameAnswer,
  SecretOnce,  // Conflict: the answer holds a secret, so it is not kept
  NotKept,     // harmless twice, and nothing is written for it: it makes room where the disk is full
  AskedAgain,  // its handler knows the key and finds what it did: no copy of what people said is kept beside their messages
};

struct Route {
  std::string_view method;
  std::string_view pattern;  // "/api/runs/{id}/cancel"
  Guard guard = Guard::Token;
  TokenScope scope = TokenScope::All;
  PlainHandler plain = nullptr;
  StreamHandler stream = nullptr;
  std::string_view summary;
  std::string_view request = "";     // name of a shape (api/shapes.h); empty: no JSON body
  std::string_view answer = "";      // likewise; empty: not JSON
  std::string_view events = "";      // likewise, of each event where the answer may be a stream of them
  std::string_view parameters = "";  // of the query, and headers of its own: names of shapes
  ErrorShape errors = ErrorShape::Ours;
  std::size_t body_bytes = limits::kHttpBodyBytes;
  std::optional<Limit> body_limit = {};  // of a file as it is: in place of `body_bytes`, the person's choice
  Repeated repeated = Repeated::SameAnswer;  // streams are always asked again
};

std::span<const Route> routes();

// The route of a method and path, with the values of its placeholders. NotFound, or Invalid (405) when only the method differs.
struct RouteMatch {
  const Route* route = nullptr;
  std::map<std::string, std::string, std::less<>> path;
  bool other_method = false;
};
RouteMatch match_route(std::string_view method, std::string_view path);

}  // namespace zo
