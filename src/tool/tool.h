// What an agent may do. A Tool has a schema and works on validated arguments; it never throws for what a model got wrong, and
// what it returns is bounded, valid UTF-8.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.h"
#include "base/id.h"
#include "base/json.h"
#include "file/host_run.h"
#include "model/model.h"
#include "tool/effects.h"
#include "tool/spec.h"
#include "tool/taint.h"
#include "vault/redact.h"

namespace zo {

// What a call's commands reach of the network, in the words of sandbox/egress.
struct NetworkLeave {
  std::string words = "off";
  bool is_asked = false;  // what is wanted beyond them is told, so that a person can be asked

  // Hosts beside those; several with spaces between them.
  void allow(std::string_view hosts);
};

// Where a text came from; taint rules will stand on it.
enum class Origin { Person, Model, Tool, File, Web };
std::string_view origin_name(Origin origin);
Origin origin_from_name(std::string_view name);

struct ToolOutcome {
  bool ok = true;
  std::string output;               // whole, at most kOutputKept (head and tail beyond)
  std::uint64_t output_bytes = 0;   // in all, before anything was left out
  std::optional<int> exit_code;
  std::string diff;                 // edits: unified diff, at most about kDiffBytes
  std::vector<std::string> children;  // run ids of sub-agents
  std::vector<LeftFile> left;         // what the owner's tools may run, made or changed by this call
  Origin origin = Origin::Tool;
  Taint seen;  // with what came back, by the run that asked
  std::vector<std::string> wants;  // hosts that it was not let reach, and failed for want of: "example.org:443"
};

struct ToolContext {
  PersonId person;
  RunId run;
  ToolCallId call;
  int depth = 0;  // of sub-agents
  Taint taint;    // what the run has seen so far
  std::shared_ptr<const Redactor> redactor = std::make_shared<const Redactor>();  // what must not be in its output
  std::function<void(std::string_view)> on_progress;  // live output: bytes, cut anywhere; on the io thread
  std::function<void(const std::vector<std::string>&)> on_children;  // the sub-agents so far, in the order asked; on the io thread
  NetworkLeave network = {};
  std::string idempotency_key = {};  // the same when a call whose outcome is unknown is made again
  // Whether this call may tell "example.org:443" something without asking a person first; unset: anybody.
  std::function<bool(std::string_view destination)> may_tell = {};
};

class Tool {
 public:
  virtual ~Tool() = default;
  virtual const ToolSpec& spec() const = 0;
  // False while it wants something that nobody has set up: models are not told of it.
  virtual bool is_ready() const { return true; }
  // One line for people: "head -3 sales.csv". `arguments` may be anything.
  virtual std::string summary(const Json& arguments) const = 0;
  // At most what a call with these arguments does; they fit the schema.
  virtual Effects effects(const Json& arguments) const = 0;
  // Whether a call may tell the outside something that its words do not show, where its run may reach the network.
  virtual bool may_reach() const { return false; }
  // Whom a call with these arguments tells something: "example.org:443". Empty: nobody.
  virtual std::string destination(const PersonId&, const Json&) const { return ""; }
  // What a lasting yes to such a call is for, and no others: a host, a program. Empty: only this once can be said.
  virtual std::string bound(const PersonId& person, const Json& arguments) const { return destination(person, arguments); }
  // `arguments` fit the schema. An Error (sandbox missing, disk full) is told to the model and to the person.
  virtual Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) = 0;
};

}  // namespace zo
