#include "tool/tainted_files.h"

#include "base/hash.h"

namespace zo {
namespace {

constexpr std::size_t kMarksMost = 10'000;  // of a person; beyond, the whole workspace is marked
constexpr const char* kWorkspace = ".";

// Of its size and its first megabyte: what the file tools can change. Empty when it cannot be read.
Task<std::string> print_of(Files& files, std::string path) {
  const Result<FileBytes> read = co_await files.read(std::move(path));
  if (!read) co_return std::string();
  co_return hash_hex({std::to_string(read->size_bytes), ":", read->bytes});
}

bool is_below(std::string_view path, std::string_view folder) {
  return folder == kWorkspace || path == folder || (path.starts_with(folder) && path.substr(folder.size()).starts_with('/'));
}

}  // namespace

Task<Result<TaintedFiles::Marks*>> TaintedFiles::marks_of(PersonId person) {
  if (const auto found = known_.find(person); found != known_.end()) co_return &found->second;
  Marks marks;
  if (store_ != nullptr) {
    auto question = [person](Transaction& tx) -> Result<Marks> {
      Marks read;
      const auto rows = tx.query("SELECT path, print, taint FROM tainted_files WHERE person_id = ?", person);
      while (rows->next()) read[rows->string(0)] = {rows->string(1), Taint::from_text(rows->text(2))};
      return read;
    };
    ZO_CO_TRY(marks, co_await store_->read(std::move(question)));
  }
  co_return &known_.try_emplace(person, std::move(marks)).first->second;
}

Task<Result<>> TaintedFiles::set(PersonId person, RunId run, std::string path, std::optional<Mark> mark) {
  ZO_CO_TRY(Marks* marks, co_await marks_of(person));
  if (mark && marks->size() >= kMarksMost && !marks->contains(path)) path = kWorkspace;
  if (const auto found = marks->find(path); mark && found != marks->end() && mark->print.empty()) mark->taint |= found->second.taint;
  if (store_ != nullptr) {
    auto change = [person, run, path, mark](Transaction& tx) -> Result<> {
      if (!mark) tx.change("DELETE FROM tainted_files WHERE person_id = ? AND path = ?", person, path);
      else
        tx.change("INSERT INTO tainted_files (person_id, path, print, taint, run_id) VALUES (?, ?, ?, ?, ?) "
                  "ON CONFLICT (person_id, path) DO UPDATE SET print = excluded.print, taint = excluded.taint, run_id = excluded.run_id",
                  person, path, path == kWorkspace ? "" : mark->print, mark->taint.text(), run);
      return {};
    };
    ZO_CO_OK(co_await store_->write(std::move(change)));
  }
  if (mark) (*marks)[path] = std::move(*mark);
  else marks->erase(path);
  co_return Result<>{};
}

Task<Result<>> TaintedFiles::wrote(Files& files, const ToolContext& context, std::string path) {
  ZO_CO_TRY(path, files.inside(path));
  ZO_CO_TRY(const Marks* marks, co_await marks_of(context.person));
  if (context.taint.empty() && !marks->contains(path)) co_return Result<>{};
  if (context.taint.empty()) co_return co_await set(context.person, context.run, std::move(path), std::nullopt);
  Mark mark{co_await print_of(files, path), context.taint};
  co_return co_await set(context.person, context.run, std::move(path), std::move(mark));
}

Task<Result<Taint>> TaintedFiles::in_file(Files& files, PersonId person, std::string path) {
  ZO_CO_TRY(const Marks* marks, co_await marks_of(person));
  Taint seen;
  if (marks->empty()) co_return seen;
  ZO_CO_TRY(path, files.inside(path));
  const std::string print = co_await print_of(files, path);
  for (const auto& [marked, mark] : *marks) {
    const bool is_it = mark.print.empty() ? is_below(path, marked) : marked == path || mark.print == print;
    if (is_it) seen |= mark.taint | Seen::File;
  }
  co_return seen;
}

Task<Result<Taint>> TaintedFiles::below(Files& files, PersonId person, std::string folder) {
  ZO_CO_TRY(const Marks* marks, co_await marks_of(person));
  Taint seen;
  if (marks->empty()) co_return seen;
  ZO_CO_TRY(folder, files.inside(folder.empty() ? kWorkspace : folder));
  for (const auto& [marked, mark] : *marks)
    if (is_below(marked, folder) || (mark.print.empty() && is_below(folder, marked))) seen |= mark.taint | Seen::File;
  co_return seen;
}

Task<Result<TaintedFiles::Times>> TaintedFiles::before_command(Files& files, const ToolContext& context) {
  Times times;
  if (context.taint.empty()) co_return times;
  ZO_CO_TRY(const FileList list, co_await files.list(kWorkspace, Depth::Everything));
  for (const FileEntry& entry : list.items) times[entry.path] = entry.changed_ns;
  co_return times;
}

Task<Result<>> TaintedFiles::after_command(Files& files, const ToolContext& context, Times before) {
  if (context.taint.empty()) co_return Result<>{};
  const Result<FileList> list = co_await files.list(kWorkspace, Depth::Everything);
  if (!list || list->truncated) co_return co_await set(context.person, context.run, kWorkspace, Mark{"", context.taint});
  for (const FileEntry& entry : list->items) {
    // Folders that a listing does not enter are marked with all that is in them.
    const bool is_closed = entry.kind == FileKind::Folder && (entry.name == ".git" || entry.name == "node_modules");
    const auto known = before.find(entry.path);
    if (entry.kind == FileKind::Folder && !is_closed) continue;
    if (!is_closed && known != before.end() && known->second == entry.changed_ns) continue;
    Mark mark{is_closed ? std::string() : co_await print_of(files, entry.path), context.taint};
    ZO_CO_OK(co_await set(context.person, context.run, entry.path, std::move(mark)));
  }
  co_return Result<>{};
}

}  // namespace zo
