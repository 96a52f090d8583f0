// Small models say "done" of what they never did. Before a reply of theirs is taken it is held against what is there, once for a question.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/records.h"
#include "file/workspaces.h"
#include "model/model.h"

namespace zo {

// In place of a reply that claims what was not done even when told so.
inline constexpr std::string_view kNotDone = "I have not done that: I am not sure what you mean. Which file or text is it?";

// Of one run.
class Reviewer {
 public:
  Reviewer(const Workspaces& workspaces, PersonId person) : workspaces_(workspaces), person_(std::move(person)) {}

  // Another question begins.
  void person_spoke();
  // Before the model is asked: how the files that the question names are quoted, and what its next turn must be.
  Task<void> prepare(ModelRequest& request);
  // A reply to the question may not be taken: it is not told while it is written.
  bool holds_back(std::span<const Message> messages) const;
  // Of a reply without calls; `messages` end with what was done for the question. What the model is told in place of taking it; or nothing,
  // and `reply` can be taken, completed by what was found where it names nothing of that.
  Task<std::optional<std::string>> object(std::span<const Message> messages, std::string& reply);

 private:
  Task<std::optional<std::string>> review(std::span<const Message> messages, const std::string& reply);
  // What is not so although it was asked for and is claimed: "'recieve' still stands in docs/terms.txt."; else empty.
  Task<std::string> what_is_not_so(std::span<const Message> messages, std::string_view reply) const;

  const Workspaces& workspaces_;
  PersonId person_;
  bool reviewed_ = false;
  bool claimed_ = false;    // what was not done, and was told so
  bool must_call_ = false;  // the next turn is a call
  std::string must_make_;   // of that file
  // The workspace when the question was asked; none: not looked yet.
  struct Before {
    std::vector<std::string> named;  // files that the question names, by path
    std::uint64_t print;             // of all that is there; 0: not known
  };
  std::optional<Before> before_;
};

// The files that a question asks to be made, by the names in it: "Write primes.py and run it." At most four; none where it asks about them.
std::vector<std::string> files_to_make(std::string_view question);
// Whether a reply says that something was done: "I deleted old.csv."
bool claims_effect(std::string_view reply);
// The texts in quotes in a question that a call which went well was to replace: `sed s/recieve/receive/`. At most four.
std::vector<std::string> replaced_texts(std::span<const Message> messages);
// What a reply is completed with that names nothing of the short result it stands on, where the question asked for that; else empty.
std::string what_was_found(std::span<const Message> messages, std::string_view reply);

}  // namespace zo
