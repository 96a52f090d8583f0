#include <fmt/core.h>

#include <boost/json/value.hpp>

#include "base/shown.h"
#include "base/text.h"
#include "tool/workspace_tools.h"

namespace zo {
namespace {

constexpr std::size_t kSummaryChars = 120;
constexpr std::int64_t kLinesDefault = 1'000;
constexpr std::size_t kNoteBytes = 320;  // kept free for a note below the text, with a long path in it

// What models are told, word for word: every byte of it is paid for in each request.

ToolSpec read_file_spec() {
  return {.name = "read_file",
          .summary = "Read a text file of the workspace: `limit` lines (default 1000) from line `offset` (from 1).",
          .arguments = {{"path", filled_text()}, {"offset", whole_number(1), false}, {"limit", whole_number(1), false}},
          .small = SmallForm{.brief = "shows a file", .instead = "shell"}};
}

ToolSpec write_file_spec() {
  return {.name = "write_file",
          .summary = "Write a whole file of the workspace; makes it and its folders if missing.",
          .arguments = {{"path", filled_text()}, {"content", text_value()}},
          .small = SmallForm{.blocks = {{.word = "file", .head = "path", .head_shown = "NAME", .body = "content", .body_shown = "content", .after = "\n", .brief = "writes a file"}}}};
}

ToolSpec edit_file_spec() {
  return {.name = "edit_file",
          .summary = "Replace the exact text `old` in a file by `new`. `old` must occur once, unless `all` is true.",
          .arguments = {{"path", filled_text()}, {"old", filled_text()}, {"new", text_value()}, {"all", yes_or_no(), false}},
          .small = SmallForm{.brief = "replaces text in a file", .instead = "shell"}};
}

ToolSpec list_files_spec() {
  return {.name = "list_files",
          .summary = "List a folder of the workspace (default: its top), or all that is below it.",
          .arguments = {{"path", filled_text(), false}, {"recursive", yes_or_no(), false}},
          .small = SmallForm{.brief = "lists a folder", .arguments = {"path"}, .instead = "shell"}};
}

ToolSpec search_files_spec() {
  return {.name = "search_files",
          .summary = "Find lines that contain `pattern`, as plain text (lower case matches any case), in files of the "
                     "workspace, below `path` and with names like `files` (\"*.py\").",
          .arguments = {{"pattern", filled_text()}, {"path", filled_text(), false}, {"files", text_value(), false}},
          .small = SmallForm{.brief = "finds text in files", .instead = "shell"}};
}

// What all of them share: whose workspace is whose, the spec, and the path as summary.
class FileTool : public Tool {
 public:
  FileTool(Workspaces& workspaces, TaintedFiles& tainted, ToolSpec spec, Effects effects)
      : workspaces_(workspaces), tainted_(tainted), spec_(std::move(spec)), effects_(effects) {}
  const ToolSpec& spec() const override { return spec_; }
  Effects effects(const Json&) const override { return effects_; }
  std::string summary(const Json& arguments) const override {
    return one_line(string_at(arguments, "path").value_or(""), kSummaryChars);
  }

 protected:
  Workspaces& workspaces_;
  TaintedFiles& tainted_;

 private:
  ToolSpec spec_;
  Effects effects_;
};

// A path of the arguments; one that a listing has shown quoted is understood so.
std::string path_at(const Json& arguments, std::string_view otherwise = {}) {
  return name_from_line(string_at(arguments, "path").value_or(otherwise));
}

// A path as it may be shown: it has come from a model.
std::string shown(std::string_view path) { return one_line(name_in_line(path), kSummaryChars); }

ToolOutcome done(std::string output, Origin origin) {
  ToolOutcome outcome{.output = std::move(output), .origin = origin};
  outcome.output_bytes = outcome.output.size();
  return outcome;
}

class ReadFile final : public FileTool {
 public:
  ReadFile(Workspaces& workspaces, TaintedFiles& tainted) : FileTool(workspaces, tainted, read_file_spec(), {.reads = true}) {}

  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    ZO_CO_TRY(Files& files, workspaces_.of(context.person));
    const std::string path = path_at(arguments);
    const std::int64_t first = integer_at(arguments, "offset").value_or(1);
    const std::int64_t limit = integer_at(arguments, "limit").value_or(kLinesDefault);
    ZO_CO_TRY(const FileLines lines,
              co_await files.read_lines(path, static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(limit),
                                         limits::kOutputShown - kNoteBytes));
    ToolOutcome outcome = done(describe(lines, shown(path), static_cast<std::uint64_t>(first)), Origin::File);
    outcome.ok = !lines.binary;
    ZO_CO_TRY(outcome.seen, co_await tainted_.in_file(files, context.person, path));
    co_return outcome;
  }

 private:
  static std::string describe(const FileLines& lines, const std::string& path, std::uint64_t first) {
    const std::string size = human_size(lines.size_bytes);
    if (lines.binary) return fmt::format("'{}' is a binary file of {}: use the shell to look into it", path, size);
    if (lines.size_bytes == 0) return fmt::format("['{}' is empty]", path);
    if (lines.lines == 0 && lines.text.empty()) return fmt::format("['{}' ({}) has no line {}]", path, size, first);
    std::string text = to_valid_utf8(lines.text);
    if (!lines.more && first == 1) return text;
    if (!text.ends_with('\n')) text.push_back('\n');
    if (lines.cut)
      return text + fmt::format("[line {} of '{}', {}, is cut: it is longer than one page; use the shell for its rest, offset {} for what "
                                "follows it]", first, path, size, first + 1);
    const std::uint64_t next = first + lines.lines;
    text += fmt::format("[lines {} to {} of '{}', {}{}]", first, next - 1, path, size,
                        lines.more ? fmt::format("; it goes on at offset {}", next) : "");
    return text;
  }
};

class WriteFile final : public FileTool {
 public:
  WriteFile(Workspaces& workspaces, TaintedFiles& tainted) : FileTool(workspaces, tainted, write_file_spec(), {.writes = true}) {}

  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    ZO_CO_TRY(Files& files, workspaces_.of(context.person));
    const std::string path = path_at(arguments);
    std::string content = text_at(arguments, "content");
    const std::size_t size = content.size();
    if (size > limits::kToolFileBytes)
      co_return fail(Code::Exhausted, fmt::format("'{}' would have {}, limit {} for write_file", shown(path), human_size(size),
                                                  human_size(limits::kToolFileBytes)));
    ZO_CO_TRY(FileWritten written, co_await files.write(path, std::move(content)));
    ToolOutcome outcome = done(fmt::format("wrote '{}', {}", shown(path), human_size(size)), Origin::Tool);
    outcome.left = std::move(written.left);
    ZO_CO_OK(co_await tainted_.wrote(files, context, path));
    co_return outcome;
  }
};

class EditFile final : public FileTool {
 public:
  EditFile(Workspaces& workspaces, TaintedFiles& tainted) : FileTool(workspaces, tainted, edit_file_spec(), {.reads = true, .writes = true}) {}

  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    ZO_CO_TRY(Files& files, workspaces_.of(context.person));
    const Matches matches = bool_at(arguments, "all").value_or(false) ? Matches::All : Matches::One;
    // What stays of the file is told by whether the exact text was found.
    ZO_CO_TRY(const Taint seen, co_await tainted_.in_file(files, context.person, path_at(arguments)));
    context.taint |= seen;
    ZO_CO_TRY(FileEdit edit,
              co_await files.edit(path_at(arguments), text_at(arguments, "old"), text_at(arguments, "new"), matches));
    const std::string places = edit.places == 1 ? "1 place" : fmt::format("{} places", edit.places);
    ToolOutcome outcome = done(fmt::format("replaced {} in '{}'", places, shown(edit.path)), Origin::Tool);
    outcome.diff = std::move(edit.diff);
    outcome.left = std::move(edit.left);
    outcome.seen = seen;
    ZO_CO_OK(co_await tainted_.wrote(files, context, edit.path));
    co_return outcome;
  }
};

class ListFiles final : public FileTool {
 public:
  ListFiles(Workspaces& workspaces, TaintedFiles& tainted) : FileTool(workspaces, tainted, list_files_spec(), {.reads = true}) {}

  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    ZO_CO_TRY(Files& files, workspaces_.of(context.person));
    const Depth depth = bool_at(arguments, "recursive").value_or(false) ? Depth::Everything : Depth::Here;
    ZO_CO_TRY(const FileList list, co_await files.list(path_at(arguments, "."), depth));
    std::string text;
    for (const FileEntry& entry : list.items) {
      text += name_in_line(depth == Depth::Here ? entry.name : entry.path);
      if (entry.kind == FileKind::Folder) text += "/\n";
      else text += entry.kind == FileKind::File ? fmt::format("  {}\n", human_size(entry.size_bytes)) : "  (no file)\n";
    }
    if (list.truncated) text += fmt::format("[… and more: only the first {} are listed]\n", with_thousands(list.items.size()));
    if (list.items.empty()) text = "[empty folder]";
    ToolOutcome outcome = done(std::move(text), Origin::File);
    ZO_CO_TRY(outcome.seen, co_await tainted_.below(files, context.person, path_at(arguments, ".")));
    co_return outcome;
  }
};

class SearchFiles final : public FileTool {
 public:
  SearchFiles(Workspaces& workspaces, TaintedFiles& tainted) : FileTool(workspaces, tainted, search_files_spec(), {.reads = true}) {}

  std::string summary(const Json& arguments) const override {
    return one_line(string_at(arguments, "pattern").value_or(""), kSummaryChars);
  }

  Task<Result<ToolOutcome>> run(ToolContext context, Json arguments) override {
    ZO_CO_TRY(Files& files, workspaces_.of(context.person));
    ZO_CO_TRY(const FileSearch search, co_await files.search(text_at(arguments, "pattern"), path_at(arguments, "."),
                                                              text_at(arguments, "files")));
    std::string text;
    for (const FileHit& hit : search.hits) text += fmt::format("{}:{}: {}\n", name_in_line(hit.path), hit.line, hit.text);
    if (search.hits.empty()) text = fmt::format("[not found in {} files]\n", with_thousands(search.files));
    if (search.truncated) text += "[… there is more than one search looks through: name a folder or files]\n";
    ToolOutcome outcome = done(std::move(text), Origin::File);
    ZO_CO_TRY(outcome.seen, co_await tainted_.below(files, context.person, path_at(arguments, ".")));
    co_return outcome;
  }
};

}  // namespace

void add_file_tools(Tools& tools, Workspaces& workspaces, TaintedFiles& tainted) {
  tools.add(std::make_unique<ReadFile>(workspaces, tainted));
  tools.add(std::make_unique<WriteFile>(workspaces, tainted));
  tools.add(std::make_unique<EditFile>(workspaces, tainted));
  tools.add(std::make_unique<ListFiles>(workspaces, tainted));
  tools.add(std::make_unique<SearchFiles>(workspaces, tainted));
}

}  // namespace zo
