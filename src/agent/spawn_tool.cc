#include "agent/spawn_tool.h"

#include <boost/asio/cancellation_state.hpp>
#include <boost/json.hpp>

#include "agent/agents.h"
#include "agent/answer.h"
#include "async/gather.h"
#include "base/limits.h"
#include "base/text.h"

namespace zo {
namespace {

struct SubResult {
  bool ok = false;
  std::string text;
};

// Reads a run to its end: the text of its last answer, or how it ended.
Task<Result<SubResult>> follow(Agents& agents, PersonId person, RunId run) {
  ZO_CO_TRY(const std::unique_ptr<Watcher> watcher, co_await agents.watch(person, run, 0));
  AnswerReader answer(*watcher);
  ZO_CO_OK(co_await answer.finish());
  SubResult result{answer.done(), answer.final_text()};
  if (!result.ok) result.text += (result.text.empty() ? "" : "\n") + std::string("[") + answer.error().message + "]";
  co_return result;
}

// The sub-agents of a call that have begun, told in the order asked.
struct Children {
  const ToolContext& context;
  std::vector<std::string> runs;  // one place a prompt; empty: not begun

  std::vector<std::string> begun() const {
    std::vector<std::string> begun;
    std::ranges::copy_if(runs, std::back_inserter(begun), [](const std::string& run) { return !run.empty(); });
    return begun;
  }
  void begin(std::size_t place, const RunId& run) {
    runs[place] = run.string();
    if (context.on_children) context.on_children(begun());
  }
};

struct Prompt {
  std::size_t place;
  std::string text;
};

// One prompt. When the parent is cancelled, so is the sub-agent.
struct Worker {
  Agents& agents;
  const ToolContext& context;
  const Run& parent;
  Children& children;

  Task<SubResult> operator()(Prompt prompt) {
    RunRequest request{.person = context.person, .token = parent.token_id, .text = std::move(prompt.text), .tools = parent.tools,
                       .parent = context.run, .depth = context.depth + 1, .taint = context.taint, .egress = parent.options.egress, .refuses_asks = true};
    const Result<Started> started = co_await agents.start(std::move(request));
    if (!started) co_return SubResult{false, started.error().message};
    const RunId run = started->run.id;
    children.begin(prompt.place, run);
    std::exception_ptr cancelled;
    try {
      const Result<SubResult> result = co_await follow(agents, context.person, run);
      if (!result) co_return SubResult{false, result.error().message};
      co_return *result;
    } catch (...) {  // our own cancellation, passed on to the sub-agent and thrown again below: no further prompt is begun
      cancelled = std::current_exception();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await agents.cancel(context.person, run);
    std::rethrow_exception(cancelled);
  }
};

class SpawnAgents final : public Tool {
 public:
  explicit SpawnAgents(Agents& agents) : agents_(agents) {}

  const ToolSpec& spec() const override { return spec_; }

  std::string summary(const Json& arguments) const override {
    const JsonArray* prompts = array_at(arguments, "prompts");
    return prompts != nullptr ? fmt::format("{} agents", prompts->size()) : "agents";
  }

  // As its sub-agents may.
  Effects effects(const Json&) const override { return {.reads = true, .writes = true}; }

  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    if (context.depth >= limits::kAgentDepth)
      co_return fail(Code::Denied, fmt::format("a sub-agent at depth {} may not start others", context.depth), "do the work yourself");
    std::vector<Prompt> prompts;
    for (const Json& prompt : arguments.at("prompts").get_array())
      prompts.push_back({prompts.size(), std::string(std::string_view(prompt.get_string()))});
    ZO_CO_TRY(const Run parent, co_await agents_.find(context.person, context.run));
    Children children{context, std::vector<std::string>(prompts.size())};
    const std::vector<SubResult> results = co_await gather(std::move(prompts), limits::kCallsAtOnce, Worker{agents_, context, parent, children});
    ToolOutcome outcome;
    for (std::size_t i = 0; i < results.size(); ++i)
      outcome.output += fmt::format("{}## agent {}{}\n{}\n", i == 0 ? "" : "\n", i + 1, results[i].ok ? "" : " (failed)", results[i].text);
    outcome.children = children.begun();
    for (const std::string& child : outcome.children) {
      const Result<std::vector<LeftFile>> left = co_await agents_.left(context.person, RunId::stored(child));
      if (left) add_left(outcome.left, *left);
      ZO_CO_TRY(const Run ended, co_await agents_.find(context.person, RunId::stored(child)));
      outcome.seen |= ended.taint;
    }
    outcome.ok = std::ranges::any_of(results, &SubResult::ok);
    outcome.output_bytes = outcome.output.size();
    outcome.origin = Origin::Model;
    co_return outcome;
  }

 private:
  Agents& agents_;
  ToolSpec spec_{
      .name = "spawn_agents",
      .summary = "Work on several independent prompts in parallel, each by an agent with your tools and no knowledge of this "
                 "conversation. Returns their answers in order.",
      .arguments = {{"prompts", list_of(filled_text(), 1, limits::kSubAgents)}},
      .small = {}};
};

}  // namespace

std::unique_ptr<Tool> make_spawn_agents(Agents& agents) { return std::make_unique<SpawnAgents>(agents); }

}  // namespace zo
