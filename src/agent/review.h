// Small models say "done" of what they never did. Before such a reply is taken it is held against what is there, once for a question.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/records.h"
#include "file/workspaces.h"

namespace zo {

// Whether it claims to have done what was asked when no call for the question went well.
bool is_empty_claim(std::span<const Message> messages, std::string_view reply);
// In place of a reply that claims so even when told.
inline constexpr std::string_view kNotDone = "I have not done that: I am not sure what you mean. Which file or text is it?";

// What the model is told in place of taking its reply.
struct Objection {
  std::string text;
  bool must_call = false;  // its next turn is a call
  std::string make;        // of that file, by its name; empty: of any kind
};

// The files that a question asks to be made, by the names in it: "Write primes.py and run it." At most four; none where it asks about them.
std::vector<std::string> files_to_make(std::string_view question);
// Whether a reply says that something was done: "I deleted old.csv."
bool claims_effect(std::string_view reply);

// `messages` end with what was done for the question. Nothing: the reply can be taken.
Task<std::optional<Objection>> review(const Workspaces& workspaces, PersonId person, std::span<const Message> messages, std::string reply);

// What stands behind a question for such a model: files that it names and that a shell takes for one word only in quotes; else empty.
Task<std::string> name_hint(const Workspaces& workspaces, PersonId person, std::string question);

// What a reply is completed with that names nothing of the short result it stands on, where the question asked for that; else empty.
std::string what_was_found(std::span<const Message> messages, std::string_view reply);

}  // namespace zo
