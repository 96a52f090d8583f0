// The set of tools: finds one by name, checks arguments against its schema, says which a token may use.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/allowance.h"
#include "tool/policy.h"
#include "tool/tool.h"
#include "vault/redact.h"

namespace zo {

// A call that a model asks for, on behalf of a run.
struct AskedCall {
  std::string_view name;
  std::string_view arguments;  // as the model wrote them
  const Allowance& tools;      // that the run may use
  PersonId person = {};
  TokenId token = {};          // that began the run; empty: the person at the machine
};

// What is to become of a call, before it is written down.
struct Decision {
  enum class Verdict {
    Runs,
    Asks,     // a person is to say whether it runs
    Refused,  // it cannot run, or the run may not: `why` is for the model
  };
  std::string meant;  // its arguments as they are understood, where the model wrote them otherwise
  Verdict verdict = Verdict::Refused;
  Error why{};
  std::string summary;                    // one line for people
  std::string destination;                // whom it tells something; empty: nobody
  std::string bound;                      // what a lasting yes would be for; empty: there is none
  bool may_reach = false;                 // it may tell the outside something that its words do not show
  std::shared_ptr<const Json> arguments;  // checked; none when refused
};

class Tools {
 public:
  // Its name must be new, and fit a ToolSpec.
  void add(std::unique_ptr<Tool> tool);
  Tool* find(std::string_view name) const;
  std::vector<OfferedTool> offered(const Allowance& allowance) const;
  bool offers_any(const Allowance& allowance) const;
  std::vector<std::string> names() const;
  // Which of them a token may use, as a person writes it: "all", "none" or "shell,read_file". Invalid when there is no such tool.
  Result<Allowance> choose(std::string_view text) const;
  // The rules about who is asked; until they are set, nobody is. They outlive this.
  void set_policies(const Policies* policies) { policies_ = policies; }
  // What must not be seen in what is said, done and told. Until it is set, nothing is hidden.
  using RedactorSource = std::function<std::shared_ptr<const Redactor>()>;
  void set_redactor(RedactorSource source) { redactor_ = std::move(source); }
  std::shared_ptr<const Redactor> redactor() const;
  // Whether a rule, or what is usual, lets that tool tell `destination` something unasked.
  bool may_tell(const PersonId& person, const TokenId& token, std::string_view tool, std::string_view destination) const;
  // What a run's commands reach: what it was given, and what rules allow beside it.
  NetworkLeave network_of(const PersonId& person, const TokenId& token, std::string_view egress) const;
  // What the run may use and what fits runs, unless a person is to be asked.
  Decision decide(const AskedCall& call) const;

 private:
  // With what is made of its spec, once.
  struct Added {
    std::unique_ptr<Tool> tool;
    OfferedTool offered;
    Json schema;  // of its arguments
  };
  const Added* added(std::string_view name) const;
  // Parses and validates: Invalid names the tool, the field and what was expected, so that the model can mend it.
  static Result<Json> check_arguments(const Added& added, std::string_view arguments);

  std::vector<Added> tools_;
  const Policies* policies_ = nullptr;
  RedactorSource redactor_;
};

}  // namespace zo
