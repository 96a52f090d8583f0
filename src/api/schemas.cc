#include "api/schemas.h"

#include <boost/json.hpp>

namespace zo {
namespace {

constexpr std::string_view kSchemas = R"json({
"Object": {"type": "object"},
"Health": {"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}},
"Error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "object", "required": ["code", "message"],
  "properties": {"code": {"type": "string"}, "message": {"type": "string"}, "try": {"type": "string"}, "details": {}}}}},
"ZoError": {"type": "object", "description": "detail when the request does not fit (422), as FastAPI says it; else error",
  "properties": {"error": {"type": "string"}, "detail": {"type": "array", "items": {"type": "object", "required": ["loc", "msg", "type"],
  "properties": {"loc": {"type": "array"}, "msg": {"type": "string"}, "type": {"type": "string"}}}}}},
"OpenAiError": {"type": "object", "required": ["error"], "properties": {"error": {"type": "object",
  "required": ["message", "type", "code"], "properties": {"message": {"type": "string"}, "type": {"type": "string"},
  "param": {"type": ["string", "null"]}, "code": {"type": "string"}}}}},
"Setup": {"type": "object", "required": ["secret"], "properties": {"secret": {"type": "string"}}},
"Session": {"type": "object", "required": ["session"], "properties": {"session": {"type": "string"}}},
"Name": {"type": "object", "properties": {"name": {"type": ["string", "null"]}}},
"Path": {"type": "object", "required": ["path"], "properties": {"path": {"type": "string"}}},
"Quota": {"type": "object", "required": ["bytes"], "properties": {"bytes": {"type": ["integer", "null"], "minimum": 1}}},
"TokenNew": {"type": "object", "required": ["name", "scope"], "properties": {"name": {"type": "string"},
  "scope": {"enum": ["all", "chat", "read"]}, "tools": {"type": "string", "description": "all, none, or names with commas"},
  "models": {"type": "string", "default": "chosen", "description": "all, chosen (the owner's choice alone), or names with commas beside it"}}},
"Ask": {"type": "object", "required": ["input"], "properties": {"input": {"type": "string"}, "conversation_id": {"type": ["string", "null"]},
  "model_name": {"type": ["string", "null"]}, "persona_id": {"type": ["string", "null"]}, "output_format": {"type": ["object", "null"]},
  "memory_mode": {"enum": ["enabled", "off", null]}, "stream": {"type": "boolean", "default": false}}},
"Answer": {"type": "object", "properties": {"output": {"type": ["string", "object"]}, "conversation_id": {"type": "string"},
  "run_id": {"type": "string"}, "error": {"type": "string"}}},
"Conversation": {"type": "object", "required": ["id", "title", "model", "created_at", "updated_at", "active_run_id"], "properties": {
  "id": {"type": "string"}, "title": {"type": "string"}, "model": {"type": ["string", "null"]},
  "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"},
  "active_run_id": {"type": ["string", "null"]}}},
"ConversationChange": {"type": "object", "properties": {"title": {"type": "string"}, "model": {"type": ["string", "null"]}}},
"ConversationPage": {"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Conversation"}},
  "next": {"type": ["string", "null"]}}},
"ToolCall": {"type": "object", "required": ["id", "name", "arguments", "state", "output"], "properties": {"id": {"type": "string"},
  "run_id": {"type": "string"}, "message_id": {"type": "string"}, "step": {"type": "integer"}, "name": {"type": "string"},
  "arguments": {"type": "object"}, "summary": {"type": "string"},
  "state": {"enum": ["pending", "running", "ok", "failed", "cancelled", "unknown"]}, "origin": {"type": "string"},
  "output": {"type": "string"}, "output_bytes": {"type": "integer"}, "truncated": {"type": "boolean"}, "exit_code": {"type": "integer"},
  "elapsed_ms": {"type": "integer"}, "started_at": {"type": "string"}, "diff": {"type": "string"},
  "children": {"type": "array", "items": {"type": "string"}},
  "left": {"type": "array", "description": "made or changed by the call", "items": {"$ref": "#/components/schemas/LeftFile"}}}},
"LeftFile": {"type": "object", "description": "a file that the owner's own tools (git, a shell, an editor) may run", "required": ["path", "diff",
  "removed"], "properties": {"path": {"type": "string"}, "diff": {"type": "string"}, "removed": {"type": "boolean",
  "description": "taken away again: it stood in a git folder of the owner's"}}},
"Message": {"type": "object", "required": ["id", "role", "state", "text"], "properties": {"id": {"type": "string"},
  "conversation_id": {"type": "string"}, "run_id": {"type": ["string", "null"]}, "role": {"enum": ["user", "assistant"]},
  "origin": {"enum": ["person", "model", "tool", "file", "web"]}, "state": {"enum": ["placed", "queued", "superseded", "removed"]},
  "position": {"type": ["integer", "null"]}, "created_at": {"type": "string", "format": "date-time"}, "text": {"type": "string"},
  "reasoning": {"type": "string"}, "files": {"type": "array", "items": {"type": "string"}}, "step": {"type": "integer"},
  "finish": {"type": "string"}, "tool_calls": {"type": "array", "items": {"$ref": "#/components/schemas/ToolCall"}}}},
"MessageNew": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"},
  "files": {"type": "array", "maxItems": 32, "items": {"type": "string", "maxLength": 4095}}, "model": {"type": ["string", "null"]}}},
"MessageEdit": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
"MessagePage": {"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
  "next": {"type": ["string", "null"]}}},
"Run": {"type": "object", "required": ["id", "conversation_id", "state", "model", "step", "steps_max", "usage"], "properties": {
  "id": {"type": "string"}, "conversation_id": {"type": "string"}, "parent_run_id": {"type": ["string", "null"]},
  "state": {"enum": ["running", "done", "failed", "cancelled", "limited"]}, "model": {"type": "string"}, "step": {"type": "integer"},
  "steps_max": {"type": "integer"}, "attempt": {"type": "integer"}, "usage": {"type": "object", "properties": {
  "input_tokens": {"type": "integer"}, "output_tokens": {"type": "integer"}}}, "created_at": {"type": "string"},
  "finished_at": {"type": ["string", "null"]}, "last_event": {"type": "integer"}, "error": {"type": "object"},
  "left": {"type": "array", "description": "of one run: by all its calls", "items": {"$ref": "#/components/schemas/LeftFile"}}}},
"RunPage": {"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Run"}},
  "next": {"type": ["string", "null"]}}},
"Started": {"type": "object", "required": ["run"], "properties": {"run": {"$ref": "#/components/schemas/Run"},
  "message": {"$ref": "#/components/schemas/Message"}}}
})json";

constexpr std::string_view kParameters = R"json({
"after": {"name": "after", "in": "query", "schema": {"type": "string"},
  "description": "Go on behind this: the page's `next`, or the number of the last event seen"},
"limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}},
"search": {"name": "search", "in": "query", "schema": {"type": "string"}, "description": "Words of the title or of what was said"},
"conversation_id": {"name": "conversation_id", "in": "query", "schema": {"type": "string"}},
"state": {"name": "state", "in": "query", "schema": {"enum": ["running", "done", "failed", "cancelled", "limited"]}},
"runs": {"name": "runs", "in": "query", "schema": {"enum": ["go_on", "stop"], "default": "go_on"},
  "description": "What becomes of the runs that the token has begun"},
"format": {"name": "format", "in": "query", "schema": {"enum": ["json", "markdown"], "default": "json"}},
"path": {"name": "path", "in": "query", "schema": {"type": "string"}, "description": "In the workspace"},
"replace": {"name": "replace", "in": "query", "schema": {"type": "boolean", "default": false},
  "description": "false: a name that is taken gets a number"},
"Last-Event-ID": {"name": "Last-Event-ID", "in": "header", "schema": {"type": "integer"}, "description": "As `after`, which goes before it"},
"X-Chat-Id": {"name": "X-Chat-Id", "in": "header", "schema": {"type": "string"},
  "description": "The conversation: an id of ours, or the client's own name for one"},
"Idempotency-Key": {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 128},
  "description": "The same key again is the same write, done once"}
})json";

JsonObject parsed(std::string_view text) {
  Result<Json> value = parse_json(text, "our own schemas");
  ZO_CHECK(value.has_value());
  return std::move(value->get_object());
}

}  // namespace

JsonObject api_schemas() { return parsed(kSchemas); }
JsonObject api_parameters() { return parsed(kParameters); }

}  // namespace zo
