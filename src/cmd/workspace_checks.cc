// What `zo doctor` says of the workspace.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>

#include "base/limits.h"
#include "base/shown.h"
#include "base/text.h"
#include "cmd/checks.h"
#include "file/host_run.h"
#include "os/folder.h"
#include "os/owner.h"
#include "os/workspace.h"

namespace zo {
namespace {

constexpr std::size_t kLooked = 200'000;    // entries of the workspace that one look takes in
constexpr std::size_t kFoldersTried = 200;  // into so many a file is written
constexpr std::size_t kDepth = 32;
constexpr std::size_t kNamed = 3;           // of several alike

using State = Finding::State;

// A file without a name, so that nothing is left; where the file system has none, one that is removed at once.
bool can_make_a_file(int folder) {
  if (const Fd nameless(::openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)); nameless.is_open())
    return ::write(nameless.get(), "x", 1) == 1;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) return false;
  constexpr const char* kName = ".zo-doctor";
  const Fd named(::openat(folder, kName, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
  if (!named.is_open()) return false;
  const bool written = ::write(named.get(), "x", 1) == 1;
  ::unlinkat(folder, kName, 0);
  return written;
}

// One walk through all of it, as agents see it.
struct Look {
  std::size_t entries = 0;
  std::size_t tried = 0;
  std::vector<std::string> closed;  // folders in which nothing can be made
  std::vector<std::string> set_id;  // files
  bool complete = true;

  void folder(int parent, const char* name, const std::string& path, std::size_t depth) {
    Fd fd(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.is_open() || (++tried <= kFoldersTried && !can_make_a_file(fd.get()))) closed.push_back(path);
    if (!fd.is_open()) return;
    const Folder inside(std::move(fd));
    while (const dirent* entry = inside.next()) {
      const std::string_view entry_name = entry->d_name;
      if (++entries > kLooked || depth == kDepth) {
        complete = false;
        return;
      }
      look_at(inside.fd(), entry->d_name, path == "." ? std::string(entry_name) : fmt::format("{}/{}", path, entry_name), depth);
    }
  }

  void look_at(int parent, const char* name, const std::string& path, std::size_t depth) {
    struct stat status{};
    if (::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (S_ISDIR(status.st_mode)) folder(parent, name, path, depth + 1);
    if (S_ISREG(status.st_mode) && (status.st_mode & (S_ISUID | S_ISGID)) != 0) set_id.push_back(path);
  }
};

// "a, b, c and 4 more"
std::string some_of(const std::vector<std::string>& paths) {
  std::vector<std::string> named;
  for (const std::string& path : paths)
    if (named.size() < kNamed) named.push_back(one_line(name_in_line(path), 80));
  const std::string text = join(named, ", ");
  return paths.size() > kNamed ? fmt::format("{} and {} more", text, paths.size() - kNamed) : text;
}

Finding writable(const Workspace& workspace, const Look& look) {
  const auto [uid, gid] = workspace_owner();
  if (!look.closed.empty())
    return {"workspace", look.closed.front() == "." ? State::Broken : State::Note,
            fmt::format("{}: commands, which run as user {}, can make no file in {}{}", workspace.path(), uid, some_of(look.closed),
                        workspace.unmapped().empty() ? "" : " (" + workspace.unmapped() + ")"),
            workspace.mapping().is_open() ? fmt::format("chown -R --reference={0} {0}", workspace.path())
                                          : fmt::format("chown -R {}:{} {}", uid, gid, workspace.path())};
  return {"workspace", State::Good,
          fmt::format("{}: a file was written into {} of it{}", workspace.path(), look.tried == 1 ? "the top" : with_thousands(std::min(look.tried, kFoldersTried)) + " folders",
                      workspace.mapping().is_open() ? "; its owner's files are met as the sandbox's" : ""), ""};
}

// What agents have made themselves is in the count: the database knows it, and a server may have that.
std::vector<Finding> host_run(const Workspace& workspace) {
  const HostRunScan scan = HostRunScanner().scan(Beneath(workspace.view().get(), workspace.path()), {});
  std::vector<std::string> paths;
  for (const HostRunPlace& place : scan.places)
    if (!place.is_missing) paths.push_back(place.is_folder ? place.path + "/" : place.path);
  std::vector<Finding> findings;
  if (!paths.empty())
    findings.push_back({"host-run files", State::Good,
                        fmt::format("{} that your own tools run {} read-only to agents that did not make {}: {}",
                                    paths.size() == 1 ? "1 file" : with_thousands(paths.size()) + " files and folders",
                                    paths.size() == 1 ? "is" : "are", paths.size() == 1 ? "it" : "them", some_of(paths)), ""});
  if (!scan.complete)
    findings.push_back({"host-run files", State::Note, "the workspace has more folders than are looked at; what your tools run in the others is not read-only to agents",
                        "zo workspace use DIR, a smaller folder"});
  return findings;
}

}  // namespace

std::vector<Finding> check_workspace(const Home& home, const std::string& folder) {
  if (::access(folder.c_str(), F_OK) != 0 && errno == ENOENT)
    if (const Result<> choice = check_workspace_choice(folder, home.closed()))
      return {{"workspace", State::Note, folder + " is not there yet; the first start makes it", ""}};
  const Result<Workspace> workspace = Workspace::look(folder, home.closed());
  if (!workspace) return {{"workspace", State::Broken, workspace.error().message, workspace.error().advice.empty() ? "zo workspace use DIR" : workspace.error().advice}};
  Look look;
  std::vector<Finding> host_run_files;
  {
    const ActAsOwner as_owner;
    look.folder(workspace->view().get(), ".", ".", 0);
    host_run_files = host_run(*workspace);
  }
  std::vector<Finding> findings{writable(*workspace, look)};
  if (!look.set_id.empty())
    findings.push_back({"set-id files", State::Note, fmt::format("run as their owner, whoever starts them: {}", some_of(look.set_id)),
                        fmt::format("chmod ug-s {}/{}", workspace->path(), one_line(to_valid_utf8(look.set_id.front()), 80))});
  if (!look.complete) findings.push_back({"workspace", State::Note, fmt::format("only the first {} entries were looked at", with_thousands(kLooked)), ""});
  findings.insert(findings.end(), host_run_files.begin(), host_run_files.end());
  return findings;
}

}  // namespace zo
