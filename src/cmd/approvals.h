// What is asked of a person about a run, shown and answered, in words.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "base/json.h"
#include "cmd/client.h"

namespace zo {

// What the run asks, the oldest first.
Task<Result<JsonArray>> asked_by_run(ApiClient& client, std::string run_id);
// The whole of it: the question, the exact call, whom it tells something, how long it holds.
std::string approval_text(const Json& approval);

struct SaidToAsk {
  bool yes = false;
  bool always = false;
  std::string note;
};
// Asks on the terminal: yes, no, always where that can be said; a no may have a note. The end of the input is a no. Nothing when it is
// given up meanwhile.
Task<Result<std::optional<SaidToAsk>>> ask_person(const Json& approval, const std::atomic<bool>& given_up);
// The answer to exactly what `approval` shows. Returns it as it stands then.
Task<Result<Json>> answer_approval(ApiClient& client, const Json& approval, SaidToAsk said);

}  // namespace zo
