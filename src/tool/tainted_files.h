// Files that were written by a run which had seen something: marked by path and by what is in them, so that whoever reads them again has
// seen it, too, also under another name. What a command may have read or written cannot be told from its words: it may have read every
// marked file, and what has changed while it worked is taken for written by it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "file/files.h"
#include "store/store.h"
#include "tool/tool.h"

namespace zo {

class TaintedFiles {
 public:
  // Without a store marks live as long as this.
  TaintedFiles() = default;
  explicit TaintedFiles(Store& store) : store_(&store) {}

  // The run has written the whole file: marked with what the run had seen, or no longer.
  Task<Result<>> wrote(Files& files, const ToolContext& context, std::string path);
  // What a reader of that file sees with it.
  Task<Result<Taint>> in_file(Files& files, PersonId person, std::string path);
  // What a reader of anything below that folder may see with it; "." is the workspace.
  Task<Result<Taint>> below(Files& files, PersonId person, std::string folder);

  // Around a command of a run that has seen something: what changes is marked. A workspace with more than limits::kListItems files is
  // marked as a whole.
  using Times = std::map<std::string, std::int64_t>;
  Task<Result<Times>> before_command(Files& files, const ToolContext& context);
  Task<Result<>> after_command(Files& files, const ToolContext& context, Times before);

 private:
  struct Mark {
    std::string print;  // of the content; empty: of a folder, with all that is in it
    Taint taint;
  };
  using Marks = std::map<std::string, Mark>;  // by path

  Task<Result<Marks*>> marks_of(PersonId person);
  Task<Result<>> set(PersonId person, RunId run, std::string path, std::optional<Mark> mark);

  Store* store_ = nullptr;
  std::unordered_map<PersonId, Marks> known_;
};

}  // namespace zo
