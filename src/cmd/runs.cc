// `zo runs`: what the agent did and does.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/history.h"
#include "cmd/start.h"
#include "cmd/story.h"
#include "cmd/table.h"

namespace zo {
namespace {

std::string number_at(const Json& value, std::string_view name) {
  const auto number = integer_at(value, name);
  return number ? std::to_string(*number) : "";
}

std::string tokens_of(const Json& run) {
  const Json* usage = find(run, "usage");
  if (usage == nullptr) return {};
  return fmt::format("{} in, {} out", integer_at(*usage, "input_tokens").value_or(0), integer_at(*usage, "output_tokens").value_or(0));
}

Task<Result<int>> list(const RunsOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  if (!options.state.empty() && !run_state_from_name(options.state))
    co_return fail(Code::Invalid, "there is no state '" + one_line(options.state, 40) + "'", "--state running, waiting, done, failed, cancelled or limited");
  ZO_CO_TRY(const auto history, co_await History::open(options.server));
  ZO_CO_TRY(const JsonArray runs, co_await history->runs(options.state));
  Table table{{"ID", "STATE", "STARTED", "STEPS", "MODEL", "QUESTION"}, {}, 4};
  for (const Json& run : runs) {
    if (options.json) write_output(to_text(run) + "\n");
    const std::string created = text_at(run, "created_at");
    table.rows.push_back({text_at(run, "id"), text_at(run, "state"), terminal.output ? local_time(created) : created,
                          number_at(run, "step"), text_at(run, "model"), text_at(run, "question")});
  }
  if (!options.json) show_output(to_text(table, terminal, "no runs yet"));
  co_return 0;
}

TerminalText facts_of(const Json& run, const Terminal& terminal) {
  const Json* error = find(run, "error");
  const auto time = [&](const char* name) {
    const std::string at = text_at(run, name);
    return terminal.output && !at.empty() ? local_time(at) : at;
  };
  return to_text(std::vector<Fact>{{"run", text_at(run, "id")},
                                   {"state", text_at(run, "state")},
                                   {"error", error != nullptr ? text_at(*error, "message") : ""},
                                   {"try", error != nullptr ? text_at(*error, "try") : ""},
                                   {"model", text_at(run, "model")},
                                   {"steps", number_at(run, "step") + " of " + number_at(run, "steps_max")},
                                   {"tokens", tokens_of(run)},
                                   {"started", time("created_at")},
                                   {"ended", time("finished_at")},
                                   {"conversation", text_at(run, "conversation_id")},
                                   {"asked by run", text_at(run, "parent_run_id")}},
                 terminal);
}

void show_piece(const StoryPiece& piece, const Terminal& terminal) {
  const bool colour = terminal.colour_output;
  switch (piece.kind) {
    case StoryPiece::Kind::Answer: return write_output(piece.text);
    case StoryPiece::Kind::Person: return show_output("\n" + shaded("› " + piece.text, Shade::Bold, colour) + "\n");
    case StoryPiece::Kind::Tool: return show_output(shaded("▸ " + piece.text, Shade::Dim, colour) + "\n");
    case StoryPiece::Kind::Note: return show_output(shaded(piece.text, Shade::Dim, colour) + "\n");
    case StoryPiece::Kind::Change: return write_output(piece.text);
    case StoryPiece::Kind::Hint:
    case StoryPiece::Kind::Progress: return;
  }
}

// The run's facts, then its story so far.
Task<Result<int>> show(const RunsOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto history, co_await History::open(options.server));
  ZO_CO_TRY(const Json run, co_await history->run(options.id));
  if (options.json) {
    write_output(to_text(run) + "\n");
    co_return 0;
  }
  show_output(facts_of(run, terminal));
  Story story;
  const std::int64_t last = integer_at(run, "last_event").value_or(0);
  if (last == 0) co_return 0;
  const EventReader reader = [&](const FeedEvent<RunEvent>& event) {
    for (const StoryPiece& piece : story.take(event)) show_piece(piece, terminal);
    return true;
  };
  ZO_CO_OK(co_await history->tell(text_at(run, "id"), last, reader));
  co_return 0;
}

Task<Result<int>> cancel(const RunsOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json run, co_await client->post("/api/runs/" + percent_encode(options.id) + "/cancel", JsonObject{}));
  if (options.json) {
    write_output(to_text(run) + "\n");
  } else {
    write_output(text_at(run, "id") + " " + text_at(run, "state") + "\n");
  }
  co_return 0;
}

// Of a run whose outputs take room on the disk; what it did stays to be read.
Task<Result<int>> free_outputs(const RunsOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json freed, co_await client->remove("/api/runs/" + percent_encode(options.id) + "/outputs"));
  if (options.json) {
    write_output(to_text(freed) + "\n");
    co_return 0;
  }
  const auto bytes = static_cast<std::uint64_t>(integer_at(freed, "freed_bytes").value_or(0));
  const std::int64_t outputs = integer_at(freed, "outputs").value_or(0);
  write_output(fmt::format("deleted {} whole output{}, {}\n", outputs, outputs == 1 ? "" : "s", human_size(bytes)));
  co_return 0;
}

}  // namespace

int runs_list(const RunsOptions& options) {
  return run_command([&options] { return list(options); });
}
int runs_show(const RunsOptions& options) {
  return run_command([&options] { return show(options); });
}
int runs_free(const RunsOptions& options) {
  return run_command([&options] { return free_outputs(options); });
}
int runs_cancel(const RunsOptions& options) {
  return run_command([&options] { return cancel(options); });
}

}  // namespace zo
