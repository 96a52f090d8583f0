// Where ZoClone lives on this machine: $ZO_HOME and the workspace, and the lock that keeps a second server out.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "os/fd.h"
#include "os/workspace.h"
#include "store/store.h"

namespace zo {

struct Home {
  std::string folder;     // $ZO_HOME, else ~/.zo; absolute
  bool folder_is_set = false;  // by ZO_HOME
  std::string cache;      // ${XDG_CACHE_HOME:-~/.cache}/zoclone: downloads, the embedded model; shared between homes

  std::string keys;       // ${XDG_CONFIG_HOME:-~/.config}/zoclone
  std::string key_file;   // $ZO_KEY_FILE, else $ZO_HOME/key where that is set, else `key` in the folder above: seals the vault

  std::string database() const { return folder + "/zo.db"; }
  std::string reserve() const { return folder + "/reserve"; }  // store/reserve.h
  std::string backups() const { return folder + "/backup"; }
  std::string logs() const { return folder + "/log"; }
  std::string socket() const { return folder + "/zo.sock"; }   // what the command line speaks through
  std::string address_file() const { return folder + "/address"; }  // "http://127.0.0.1:8787" while a server runs
  // $ZO_WORKSPACE, else what `zo workspace use` chose, else $ZO_HOME/workspace when ZO_HOME is set, else ~/zo.
  std::string workspace(const std::string& chosen) const;
  // What no agent may reach, so that it cannot be the workspace; $ZO_HOME/workspace, which holds nothing of ours, can.
  ClosedFolders closed() const { return {{folder, cache, keys, key_file}, folder + "/workspace"}; }
};

// Reads the environment; makes the folder, for its owner alone: one that others may look into is closed to them, and Denied is
// another user's. Invalid when the socket's path would be longer than 107 bytes.
Result<Home> open_home();

// Held for the life of the process. Conflict when another ZoClone has this home.
class HomeLock {
 public:
  static Result<HomeLock> take(const Home& home);

 private:
  explicit HomeLock(Fd file) : file_(std::move(file)) {}
  Fd file_;
};

// Opens (or makes) the database of a home. The HomeLock must be held.
Result<std::unique_ptr<Store>> open_store(const Home& home);

}  // namespace zo
