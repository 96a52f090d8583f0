// `zo model`: which model answers.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "base/time.h"
#include "cmd/commands.h"
#include "cmd/frame.h"
#include "cmd/model_words.h"
#include "cmd/start.h"
#include "cmd/table.h"

namespace zo {
namespace {

std::string size_word(const Json& model) {
  const auto bytes = integer_at(model, "size_bytes");
  return bytes ? human_size(static_cast<std::uint64_t>(*bytes)) : "";
}

std::string current_line(const Json& models) {
  const std::string current = text_at(models, "current");
  return current.empty() ? "no model answers yet" : current + " answers";
}

Task<Result<int>> list(const ModelOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json models, co_await client->get("/api/models"));
  const std::string current = text_at(models, "current");
  Table table{{"", "NAME", "SIZE", "LABEL", "STATE"}, {}};
  if (const JsonArray* items = array_at(models, "items")) {
    for (const Json& model : *items) {
      const bool answers = text_at(model, "name") == current;
      if (options.json) {
        JsonObject line = model.as_object();
        line["current"] = answers;
        line["state"] = model_state(model);
        write_output(to_text(line) + "\n");
      }
      table.rows.push_back({answers ? "*" : "", text_at(model, "name"), size_word(model), text_at(model, "label"), model_state_words(model)});
    }
  }
  if (options.json) co_return 0;
  show_output(to_text(table, terminal, "no models; zo model install fetches a small one, an API key in the environment offers others"));
  co_return 0;
}

Task<Result<int>> use(const ModelOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json models, co_await client->put("/api/models/current", JsonObject{{"name", options.name}}));
  const std::string current = text_at(models, "current");
  write_output(options.json ? to_text(JsonObject{{"current", current}}) + "\n" : current_line(models) + "\n");
  ZO_CO_TRY(const Json computer, co_await client->get("/api/computer"));
  const Json* model = find(computer, "model");
  if (current != options.name && model != nullptr && text_at(*model, "source") == "environment")
    print_note(terminal, "the choice is kept; ZO_MODEL, which the server was started with, goes before it");
  co_return 0;
}

Task<Result<int>> test(const ModelOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  print_note(terminal, "asking " + options.name + "; a local model may have to be loaded first");
  ZO_CO_TRY(const Json answer, co_await client->post("/api/models/test", JsonObject{{"name", options.name}}));
  const bool ok = bool_at(answer, "ok").value_or(false);
  if (options.json) {
    write_output(to_text(answer) + "\n");
    co_return ok ? 0 : 1;
  }
  if (ok) {
    write_output(fmt::format("{} answered in {}: {}\n", options.name, human_duration(integer_at(answer, "elapsed_ms").value_or(0)),
                             one_line(text_at(answer, "reply"), 200)));
    co_return 0;
  }
  const Json* error = find(answer, "error");
  if (error == nullptr) co_return fail(Code::Internal, options.name + " did not answer");
  co_return fail(code_from_name(text_at(*error, "code")), text_at(*error, "message"), text_at(*error, "try"));
}

Task<Result<int>> show(const ModelOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_TRY(const Json model, co_await client->get(with_query("/api/models/quirks", {{"model", options.name}})));
  if (options.json) {
    write_output(to_text(model) + "\n");
    co_return 0;
  }
  std::string text = fmt::format("{}\n  window  {} tokens\n", text_at(model, "name"), with_thousands(static_cast<std::uint64_t>(integer_at(model, "context_tokens").value_or(0))));
  const JsonArray* items = array_at(model, "items");
  if (items == nullptr || items->empty()) text += "  nothing was learned from its refusals\n";
  else
    for (const Json& item : *items) text += fmt::format("  {}  {}\n", local_time(text_at(item, "learned_at")), text_at(item, "text"));
  show_output(text);
  co_return 0;
}

Task<Result<int>> forget(const ModelOptions& options) {
  const Terminal terminal = Terminal::detect(false);
  ZO_CO_TRY(const auto client, co_await reach_server(options.server, terminal));
  ZO_CO_OK(co_await client->remove(with_query("/api/models/quirks", {{"model", options.name}})));
  print_note(terminal, "forgotten; what " + options.name + " cannot take is learned anew");
  co_return 0;
}

}  // namespace

int model_list(const ModelOptions& options) {
  return run_command([&options] { return list(options); });
}
int model_use(const ModelOptions& options) {
  return run_command([&options] { return use(options); });
}
int model_show(const ModelOptions& options) {
  return run_command([&options] { return show(options); });
}
int model_forget(const ModelOptions& options) {
  return run_command([&options] { return forget(options); });
}
int model_test(const ModelOptions& options) {
  return run_command([&options] { return test(options); });
}

}  // namespace zo
