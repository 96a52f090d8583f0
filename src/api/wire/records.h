// The JSON of the records, the same in events and in answers; and read back by the command line. Times are not read.
#pragma once

#include "agent/conversations.h"
#include "agent/records.h"
#include "base/json.h"

namespace zo {

JsonObject to_json(const Conversation& conversation);
JsonObject to_json(const Message& message);
JsonObject to_json(const ToolCall& call);
JsonObject to_json(const Run& run);
JsonObject to_json(const ListedRun& listed);  // with its question
JsonObject to_json(const Error& error);

// What is missing, or of another type, is left as it is in a new record.
Message message_from_json(const Json& json);
ToolCall tool_call_from_json(const Json& json);
Run run_from_json(const Json& json);
Error error_from_json(const Json& json);

}  // namespace zo
