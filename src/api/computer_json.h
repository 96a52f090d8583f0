// What the page is told of the models, by routes and by the person feed.
#pragma once

#include "api/state.h"
#include "base/json.h"

namespace zo {

// The models known now, and the name of the one that answers unless a conversation has chosen its own.
Task<JsonObject> models_json(ApiState& api, PersonId person);
// That one, with its state if it is known.
Task<JsonObject> answering_model_json(ApiState& api, PersonId person);

}  // namespace zo
