// A token as JSON, without its secret.
#pragma once

#include "account/accounts.h"
#include "base/json.h"

namespace zo {

JsonObject to_json(const TokenInfo& token);
// A new one, with the secret as "token".
JsonObject to_json(const NewToken& made);

}  // namespace zo
