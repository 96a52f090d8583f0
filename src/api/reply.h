// Replies and errors as bytes, and the reading of bodies: the small words that every handler uses.
#pragma once

#include <string>

#include "agent/conversations.h"
#include "api/route.h"
#include "base/json.h"
#include "net/http_server.h"

namespace zo {

HttpReply json_reply(const JsonObject& body, int status = 200);
HttpReply empty_reply();  // 204
// The error in the shape of a dialect.
HttpReply error_reply(const Error& error, ErrorShape shape);
// The same for work that was begun, and may have had effects: no Retry-After, and `x-should-retry: false`, which keeps the
// OpenAI libraries from sending the request again by themselves (shouldRetry in client.js of npm's openai).
HttpReply final_error_reply(const Error& error, ErrorShape shape);
HttpReply unauthenticated(ErrorShape shape, std::string message);

// The body as a JSON object; an empty body reads as {}.
Result<JsonObject> body_of(const ApiRequest& request);
// Fields of a body: absent and null are the same; a wrong type is Invalid and names the field.
Result<std::string> required_text(const JsonObject& body, std::string_view field);
Result<std::optional<std::string>> optional_text(const JsonObject& body, std::string_view field);
Result<bool> truth_of(const JsonObject& body, std::string_view field);  // false when absent
Result<std::vector<std::string>> text_list(const JsonObject& body, std::string_view field);

// "?limit=": 1…200, 50 when absent.
Result<std::size_t> limit_of(const ApiRequest& request);
Result<std::int64_t> number_of(const ApiRequest& request, std::string_view parameter, std::int64_t otherwise);
// Behind which event a stream goes on: "?after=", or else Last-Event-ID.
Result<std::optional<std::int64_t>> cursor_of(const ApiRequest& request);

}  // namespace zo
