#include "file/host_run.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <memory>
#include <optional>

#include "base/limits.h"
#include "base/text.h"
#include "file/diff.h"
#include "os/folder.h"
#include "os/workspace.h"

namespace zo {
namespace {

constexpr std::size_t kFolders = 200'000;  // looked at in one scan; .git and node_modules are not entered
constexpr std::size_t kDepth = 64;
constexpr std::size_t kPlaces = 20'000;
constexpr std::size_t kHooks = 200;       // files of one folder
constexpr std::size_t kTextBytes = 64 * limits::KiB;  // of a file, for its diff
constexpr std::size_t kTexts = 200;
constexpr std::size_t kDiffs = 20;        // told of one command; further files without their text
constexpr std::size_t kLeft = 200;        // files told of one command
constexpr int kModulesDepth = 4;
constexpr int kIncludes = 5;
// Two changes within one tick of the kernel's clock have the same time.
constexpr std::int64_t kTickNs = 50'000'000;

// Run, or read for what to run, by shells, debuggers, editors, direnv and agents that are started or enter a folder there.
constexpr std::array<std::string_view, 27> kOwnNames{
    ".envrc",  ".bashrc",    ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile",      ".zshrc",    ".zshenv",
    ".zprofile", ".zlogin",  ".zlogout",      ".kshrc",      ".cshrc",       ".tcshrc",       ".login",        ".xprofile", ".xsession",
    ".exrc",   ".nvimrc",    ".nvim.lua",     ".vimrc",      ".gdbinit",     ".lldbinit",     ".mcp.json",     ".autoenv.zsh", ".pam_environment"};
constexpr std::array<std::string_view, 3> kEditorNames{"tasks.json", "settings.json", "launch.json"};
// In a git folder, beside its hooks.
constexpr std::array<std::string_view, 3> kGitNames{"config", "config.worktree", "commondir"};
// Keys of git's configuration whose values name a program or a further file of configuration.
constexpr std::array<std::string_view, 14> kGitCommands{"fsmonitor", "sshcommand", "editor", "pager", "textconv", "command", "clean", "smudge",
                                                        "process", "driver", "helper", "program", "cmd", "gitproxy"};
constexpr std::array<std::string_view, 5> kGitFolders{"hooks", "objects", "refs", "modules", "worktrees"};
constexpr std::array<std::string_view, 2> kGitPaths{"hookspath", "path"};

bool has(const auto& names, std::string_view name) { return std::ranges::find(names, name) != std::end(names); }

std::string joined(const std::string& folder, std::string_view name) { return folder == "." ? std::string(name) : fmt::format("{}/{}", folder, name); }

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

// What stands at a path, a symlink itself.
struct Seen {
  FilePrint print;
  mode_t mode = 0;
};

std::int64_t nanoseconds(const struct statx_timestamp& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

std::optional<Seen> look_at(const Fd& there) {
  struct statx status{};
  if (::statx(there.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) return std::nullopt;
  const bool has_birth = (status.stx_mask & STATX_BTIME) != 0;
  return Seen{{::makedev(status.stx_dev_major, status.stx_dev_minor), status.stx_ino, static_cast<std::int64_t>(status.stx_size),
               nanoseconds(status.stx_ctime), has_birth ? nanoseconds(status.stx_btime) : 0},
              status.stx_mode};
}

std::optional<Seen> look_at(const Beneath& workspace, const std::string& path, int more_flags = O_NOFOLLOW) {
  const Result<Fd> there = workspace.open(path, O_PATH | more_flags);
  return there ? look_at(*there) : std::nullopt;
}

std::string text_of(const Beneath& workspace, const std::string& path) {
  const Result<Fd> file = workspace.open_regular(path);
  std::string text(kTextBytes, '\0');
  const ssize_t count = file ? ::pread(file->get(), text.data(), text.size(), 0) : 0;
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return text;
}

Folder open_to_read(const Beneath& workspace, const std::string& path) {
  Result<Fd> fd = workspace.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  return Folder(fd ? std::move(*fd) : Fd());
}

// Paths that a configuration of git names: the first word of what it runs. Git itself reads more forms than this; what it runs
// without naming a file of the workspace cannot be changed there.
struct Named {
  std::string path;
  bool is_configuration = false;  // a further file of it
};

std::vector<Named> named_in(std::string_view config) {
  std::vector<Named> paths;
  for (std::string_view line : split(config, '\n')) {
    if (trim(line).starts_with('[')) line = line.substr(std::min(line.find(']'), line.size() - 1) + 1);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string key = to_lower(trim(line.substr(0, equals)));
    std::string_view value = trim(line.substr(equals + 1));
    const bool is_alias = value.starts_with('!') || value.starts_with("\"!");
    while (value.starts_with('"') || value.starts_with('!')) value.remove_prefix(1);
    const bool is_path = has(kGitPaths, key);
    if (!is_alias && !is_path && !has(kGitCommands, key)) continue;
    value = value.substr(0, value.find_first_of(is_path ? "\"" : " \t\";"));
    // A bare word is a command of the system, or a part of git.
    if (!value.empty() && (is_path || value.find('/') != std::string_view::npos)) paths.push_back({std::string(trim(value)), key == "path"});
  }
  return paths;
}

}  // namespace

class HostRunScanner::Walk {
 public:
  Walk(HostRunScanner& scanner, const Beneath& workspace, const std::set<MadePlace>& made)
      : scanner_(scanner), workspace_(workspace), made_(made), now_ns_(now_ns()) {}

  HostRunScan all() {
    folder(".", 0);
    std::erase_if(scanner_.known_, [this](const auto& entry) { return !seen_.contains(entry.first); });
    keep_texts();
    return std::move(scan_);
  }

 private:
  static std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
  }

  void folder(const std::string& path, std::size_t depth) {
    if (depth > kDepth || seen_.size() == kFolders) {
      scan_.complete = false;
      return;
    }
    const Known* known = look(path);
    if (known == nullptr) return;
    // What is in there is not known, so a command leaves it as it is.
    if (known->is_closed) return keep({.path = path, .is_folder = true, .is_closed = true, .print = known->print, .root = root_of(path, known->print)});
    if (known->is_git_folder) git_folder(path, path, root_of(path, known->print), 0);
    // By value: `known_` grows meanwhile.
    const Known here = *known;
    for (const std::string& name : here.found) found(joined(path, name));
    for (const std::string& name : here.folders)
      if (!here.is_git_folder || !has(kGitFolders, name)) folder(joined(path, name), depth + 1);
  }

  // What is known of a folder, read anew when it has changed; null when it is none.
  const Known* look(const std::string& path) {
    const auto seen = look_at(workspace_, path);
    if (!seen || !S_ISDIR(seen->mode)) return nullptr;
    seen_.insert(path);
    Known& known = scanner_.known_[path];
    if (known.print == seen->print && seen->print.changed_ns + kTickNs < known.read_at_ns) return &known;
    known = read_folder(path);
    known.print = seen->print;
    known.read_at_ns = now_ns_;
    return &known;
  }

  Known read_folder(const std::string& path) const {
    Known known;
    const Folder entries = open_to_read(workspace_, path);
    known.is_closed = !entries.is_open();
    const bool editor = name_of(path) == ".vscode";
    int signs = 0;
    while (const dirent* entry = entries.next()) {
      const std::string_view name = entry->d_name;
      if (name == "HEAD" || name == "objects" || name == "refs") ++signs;
      if (name == ".git" || has(kOwnNames, name) || (editor && has(kEditorNames, name)) || is_set_id(entries, *entry)) known.found.emplace_back(name);
      else if (name != "node_modules" && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN)) known.folders.emplace_back(name);
    }
    known.is_git_folder = signs == 3;
    std::ranges::sort(known.folders);
    std::ranges::sort(known.found);
    return known;
  }

  // Whoever starts such a file becomes its owner, and a mapping of it into memory changes it without its bits being taken away.
  static bool is_set_id(const Folder& folder, const dirent& entry) {
    struct stat status{};
    if (entry.d_type != DT_REG && entry.d_type != DT_UNKNOWN) return false;
    return ::fstatat(folder.fd(), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
           (status.st_mode & (S_ISUID | S_ISGID)) != 0;
  }

  void found(const std::string& path) {
    const auto seen = look_at(workspace_, path);
    if (!seen) return;
    if (name_of(path) == ".git" && S_ISDIR(seen->mode)) return git_folder(path, parent_of(path), root_of(path, seen->print), 0);
    add(path, *seen, root_of(path, seen->print));
    if (name_of(path) == ".git") elsewhere(path, seen->mode);
  }

  // A git folder that stands elsewhere: behind a symlink, or named by a file.
  void elsewhere(const std::string& path, mode_t mode) {
    Result<std::string> target = workspace_.follow_links(path);
    if (S_ISREG(mode)) {
      const std::string whole = text_of(workspace_, path);
      std::string_view text = whole;
      if (!text.starts_with("gitdir:")) return;
      text = trim(text.substr(7));
      target = path_inside(text.starts_with('/') ? std::string(text) : joined(parent_of(path), text), workspace_.name());
    }
    const auto seen = target ? look_at(workspace_, *target) : std::nullopt;
    if (seen && S_ISDIR(seen->mode)) git_folder(*target, parent_of(path), root_of(*target, seen->print), 0);
  }

  MadePlace root_of(const std::string& path, const FilePrint& print) { return {path, print.inode, print.born_ns}; }

  // `path` holds configuration and hooks; `tree` is the work tree, from which its configuration names files.
  void git_folder(const std::string& path, const std::string& tree, const MadePlace& root, int depth) {
    scan_.git_folders.push_back({path, root.inode, root.born_ns});
    for (const std::string_view name : kGitNames) add_if_there(joined(path, name), root);
    const std::string hooks = joined(path, "hooks");
    if (!add_if_there(hooks, root) && can_write(path) && missing_.insert(hooks).second) keep({.path = hooks, .is_folder = true, .is_missing = true, .root = root});
    for (const char* name : {"config", "config.worktree"}) configuration(joined(path, name), tree, root, 0);
    for (const char* more : {"modules", "worktrees"}) below(joined(path, more), tree, root, depth);
  }

  // What a file of configuration names, in further ones too: as git does, relative to the file or to the work tree.
  void configuration(const std::string& file, const std::string& tree, const MadePlace& root, int depth) {
    if (depth > kIncludes) return;
    for (const Named& named : named_in(text_of(workspace_, file))) {
      for (const std::string& from : {tree, parent_of(file)}) {
        const bool is_absolute = named.path.starts_with('/');
        const Result<std::string> inside = path_inside(is_absolute ? named.path : joined(from, named.path), workspace_.name());
        if (!inside || *inside == "." || *inside == tree || !add_if_there(*inside, root)) continue;
        if (named.is_configuration) configuration(*inside, tree, root, depth + 1);
      }
    }
  }

  // Git folders of submodules, and what further work trees have of their own.
  void below(const std::string& path, const std::string& tree, const MadePlace& root, int depth) {
    const Folder entries = depth < kModulesDepth ? open_to_read(workspace_, path) : Folder(Fd());
    while (const dirent* entry = entries.next()) {
      const std::string_view name = entry->d_name;
      if (entry->d_type != DT_DIR) continue;
      const std::string inner = joined(path, name);
      if (name_of(path) == "worktrees") {
        for (const char* file : {"config.worktree", "commondir", "gitdir"}) add_if_there(joined(inner, file), root);
      }
      else if (look_at(workspace_, joined(inner, "HEAD"))) git_folder(inner, tree, root, depth + 1);
      else below(inner, tree, root, depth + 1);
    }
  }

  bool add_if_there(const std::string& path, const MadePlace& root) {
    const auto seen = look_at(workspace_, path);
    if (seen) add(path, *seen, root);
    return seen.has_value();
  }

  void add(const std::string& path, const Seen& seen, const MadePlace& root) {
    if (scan_.files.contains(path)) return;
    if (!S_ISDIR(seen.mode)) {
      scan_.files[path] = seen.print;
      // A symlink cannot be mounted over: what it leads to is a place of its own.
      if (S_ISLNK(seen.mode)) {
        keep({.path = path, .is_link = true, .print = seen.print, .root = root});
        if (const Result<std::string> target = workspace_.follow_links(path); target && *target != path && *target != ".") add_if_there(*target, root);
      }
      if (S_ISREG(seen.mode)) keep({.path = path, .print = seen.print, .root = root});
      return;
    }
    keep({.path = path, .is_folder = true, .print = seen.print, .root = root});
    const Folder entries = open_to_read(workspace_, path);
    std::size_t count = 0;
    while (const dirent* entry = entries.next()) {
      const std::string file = joined(path, entry->d_name);
      const auto one = look_at(workspace_, file);
      if (!one || S_ISDIR(one->mode) || ++count > kHooks) continue;
      if (S_ISLNK(one->mode)) add(file, *one, root);
      else scan_.files[file] = one->print;
    }
  }

  void keep(HostRunPlace place) {
    if (scan_.places.size() == kPlaces) scan_.complete = false;
    else scan_.places.push_back(std::move(place));
  }

  bool can_write(const std::string& path) const {
    const Result<Fd> folder = workspace_.open(path, O_PATH);
    return folder && ::faccessat(folder->get(), "", W_OK, AT_EACCESS | AT_EMPTY_PATH) == 0;
  }

  void keep_texts() {
    for (const HostRunPlace& place : scan_.places) {
      if (!is_made_by_agents(place, scan_, made_)) continue;
      for (auto file = scan_.files.lower_bound(place.path); file != scan_.files.end() && file->first.starts_with(place.path); ++file)
        if (scan_.texts.size() < kTexts) scan_.texts[file->first] = text_of(workspace_, file->first);
    }
  }

  HostRunScanner& scanner_;
  const Beneath& workspace_;
  const std::set<MadePlace>& made_;
  std::int64_t now_ns_;
  std::set<std::string> seen_;
  std::set<std::string> missing_;  // a git folder may be met by two ways
  HostRunScan scan_;
};

HostRunScan HostRunScanner::scan(const Beneath& workspace, const std::set<MadePlace>& made) { return Walk(*this, workspace, made).all(); }

bool is_made_by_agents(const HostRunPlace& place, const HostRunScan& scan, const std::set<MadePlace>& made) {
  if (made.contains(place.root)) return true;
  if (place.root.path != place.path) return false;
  // A file by itself belongs to the nearest repository that it stands in.
  const MadePlace* nearest = nullptr;
  for (const MadePlace& folder : scan.git_folders) {
    const std::string tree = name_of(folder.path) == ".git" ? parent_of(folder.path) : folder.path;
    const bool within = tree == "." || place.path.starts_with(tree + "/");
    if (within && (nearest == nullptr || folder.path.size() > nearest->path.size())) nearest = &folder;
  }
  return nearest != nullptr && made.contains(*nearest);
}

HostRunChanges compare(const Beneath& workspace, const HostRunScan& before, const HostRunScan& after, const std::set<MadePlace>& made) {
  HostRunChanges changes;
  std::set<ino_t> owners;  // what was there and is nobody's but the owner's stays so under another name
  for (const HostRunPlace& place : before.places)
    if (!is_made_by_agents(place, before, made)) owners.insert({place.root.inode, place.print.inode});
  std::map<ino_t, FilePrint> prints;
  for (const auto& [path, print] : before.files) prints[print.inode] = print;

  std::set<std::string> told;
  for (const HostRunPlace& place : after.places) {
    if (place.is_closed) continue;
    const bool of_owner = owners.contains(place.root.inode);
    if (!of_owner && !made.contains(place.root)) changes.made.insert(place.root);
    for (auto file = after.files.lower_bound(place.path); file != after.files.end() && file->first.starts_with(place.path); ++file) {
      const auto& [path, print] = *file;
      const auto old = before.files.find(path);
      const auto moved = prints.find(print.inode);
      const bool same = (old != before.files.end() && old->second == print) || (moved != prints.end() && moved->second == print);
      if (same || name_of(path).ends_with(".sample") || !told.insert(path).second) continue;
      const auto text = before.texts.find(path);
      LeftFile left{.path = path};
      if (changes.left.size() < kDiffs) left.diff = to_valid_utf8(unified_diff(one_line(to_valid_utf8(path), 120), text == before.texts.end() ? "" : text->second, text_of(workspace, path),
                                             limits::kDiffBytes));
      // Nothing that the owner would have there: git writes these only on demand, and not while an agent works.
      const bool is_intruder = of_owner && old == before.files.end() && parent_of(path) == place.root.path && has(kGitNames, name_of(path));
      left.removed = is_intruder && workspace.remove(path).has_value();
      if (changes.left.size() < kLeft) changes.left.push_back(std::move(left));
    }
  }
  return changes;
}

namespace {

// By what it is and where it stands, not by its name: symlinks may give it another. `folders`: the one that it is in, and those above.
Result<> judge(const std::string& path, const std::optional<Seen>& file, const std::vector<Seen>& folders, const HostRunScan& scan,
               const std::set<MadePlace>& made) {
  const auto refuse = [&] {
    return fail(Code::Denied, fmt::format("'{}' is run by the owner's own tools (git, a shell, an editor), so agents may not change it", to_valid_utf8(path)),
                "ask the owner to change it");
  };
  const auto is_at = [](const FilePrint& place, const Seen& seen) { return place.device == seen.print.device && place.inode == seen.print.inode; };
  for (const HostRunPlace& place : scan.places) {
    if (place.is_missing || is_made_by_agents(place, scan, made)) continue;
    if (file && is_at(place.print, *file)) return refuse();
    if (place.is_folder && std::ranges::any_of(folders, [&](const Seen& folder) { return is_at(place.print, folder); })) return refuse();
  }
  // New ones in a git folder of the owner's.
  for (const MadePlace& folder : scan.git_folders) {
    if (made.contains(folder)) continue;
    const bool in_it = std::ranges::any_of(folders, [&](const Seen& one) { return one.print.inode == folder.inode; });
    if (in_it && (has(kGitNames, name_of(path)) || fmt::format("/{}/", path).find("/hooks/") != std::string::npos)) return refuse();
  }
  return {};
}

}  // namespace

Result<> check_host_run(const Beneath& workspace, const std::string& path, const HostRunScan& scan, const std::set<MadePlace>& made) {
  std::vector<Seen> folders;
  for (std::string folder = parent_of(path);; folder = parent_of(folder)) {
    if (const auto seen = look_at(workspace, folder, 0)) folders.push_back(*seen);
    if (folder == ".") break;
  }
  return judge(path, look_at(workspace, path, 0), folders, scan, made);
}

Result<> check_host_run_in(const Fd& folder, const std::string& path, const HostRunScan& scan, const std::set<MadePlace>& made) {
  const auto open_at = [](const Fd& from, const char* name) { return Fd(::openat(from.get(), name, O_PATH | O_NOFOLLOW | O_CLOEXEC)); };
  std::vector<Seen> folders;
  Fd here = open_at(folder, ".");
  for (std::size_t i = 0; i < kDepth && here.is_open(); ++i) {
    const auto seen = look_at(here);
    if (!seen || (!folders.empty() && folders.back().print.inode == seen->print.inode)) break;  // the top, which is above itself
    folders.push_back(*seen);
    here = open_at(here, "..");
  }
  const Fd file = open_at(folder, std::string(name_of(path)).c_str());
  return judge(path, file.is_open() ? look_at(file) : std::nullopt, folders, scan, made);
}

}  // namespace zo
