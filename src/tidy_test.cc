// The rules of the house, as a test: who may include whom, how long files and functions may be, which calls are banned, and that
// a member of Computer borrows only from members above it. The exception lists below may only shrink.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "base/text.h"

namespace zo {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileLines = 800;
constexpr std::size_t kFunctionLines = 70;

struct Source {
  std::string path;  // "agent/loop.cc"
  std::string room;  // "agent"
  std::vector<std::string> lines;

  bool is_header() const { return path.ends_with(".h"); }
  bool is_test() const { return path.ends_with("_test.cc") || path.ends_with("_test.h") || room == "testing" || room == "rig"; }
};

std::vector<std::string> read_lines(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

const std::vector<Source>& sources() {
  static const std::vector<Source> all = [] {
    const fs::path root = fs::path(ZO_SOURCE_DIR) / "src";
    std::vector<Source> found;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") continue;
      const std::string path = fs::relative(entry.path(), root).string();
      const std::size_t slash = path.find('/');
      found.push_back({path, slash == std::string::npos ? "" : path.substr(0, slash), read_lines(entry.path())});
    }
    std::ranges::sort(found, {}, &Source::path);
    return found;
  }();
  return all;
}

std::map<std::string, std::set<std::string>> floors() {
  std::map<std::string, std::set<std::string>> rooms;
  for (const std::string& line : read_lines(fs::path(ZO_SOURCE_DIR) / "floors.txt")) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t colon = line.find(':');
    std::istringstream words(line.substr(colon + 1));
    std::set<std::string>& below = rooms[line.substr(0, colon)];
    for (std::string word; words >> word;) below.insert(word);
  }
  return rooms;
}

std::string included(const std::string& line) {
  constexpr std::string_view start = "#include \"";
  if (!line.starts_with(start)) return "";
  return line.substr(start.size(), line.find('"', start.size()) - start.size());
}

TEST(Tidy, EveryRoomIncludesOnlyWhatItsFloorAllows) {
  const auto rooms = floors();
  for (const Source& source : sources()) {
    if (source.room.empty()) continue;
    ASSERT_TRUE(rooms.contains(source.room)) << source.path << ": floors.txt does not know the room '" << source.room << "'";
    for (const std::string& line : source.lines) {
      const std::string target = included(line);
      const std::string room = target.substr(0, target.find('/'));
      EXPECT_TRUE(source.is_test() || !target.ends_with("_test.h")) << source.path << " may not include " << target;
      if (target.find('/') == std::string::npos || room == source.room) continue;
      if ((room == "testing" || room == "rig") && source.is_test()) continue;
      EXPECT_TRUE(rooms.at(source.room).contains(room)) << source.path << " may not include " << target;
    }
  }
}

TEST(Tidy, TheFloorsHaveNoCycle) {
  const auto rooms = floors();
  std::set<std::string> settled;
  for (std::size_t before = SIZE_MAX; settled.size() != before;) {
    before = settled.size();
    for (const auto& [room, below] : rooms)
      if (std::ranges::includes(settled, below)) settled.insert(room);
  }
  EXPECT_EQ(settled.size(), rooms.size());
}

TEST(Tidy, FilesAreShortEnoughToRead) {
  for (const Source& source : sources()) EXPECT_LE(source.lines.size(), kFileLines) << source.path;
}

TEST(Tidy, FunctionsFitAScreen) {
  for (const Source& source : sources()) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const std::string& line = source.lines[i];
      const bool opens = !line.empty() && line[0] != ' ' && line[0] != '}' && line[0] != '#' && line.back() == '{';
      const bool is_function = line.find('(') != std::string::npos && line.find("namespace") == std::string::npos;
      if (opens) begin = is_function ? i + 1 : 0;
      if (line != "}" || begin == 0) continue;
      EXPECT_LE(i + 1 - begin, kFunctionLines) << source.path << ":" << begin;
      begin = 0;
    }
  }
}

TEST(Tidy, EveryHeaderIsIncludedBySomeone) {
  std::set<std::string> used;
  for (const Source& source : sources())
    for (const std::string& line : source.lines) used.insert(included(line));
  // Generated files include what only they need.
  const std::set<std::string> generated{"base/embed.h"};
  for (const Source& source : sources())
    if (source.is_header() && source.path.find("launcher/") == std::string::npos)
      EXPECT_TRUE(used.contains(source.path) || generated.contains(source.path)) << source.path << " is included by nothing";
}

TEST(Tidy, EveryHeaderSaysWhatItIsFor) {
  for (const Source& source : sources())
    if (source.is_header()) EXPECT_TRUE(source.lines.at(0).starts_with("// ")) << source.path;
}

struct Ban {
  std::string_view text;
  std::string_view why;
  std::set<std::string> except;  // may only shrink
};

TEST(Tidy, NoBannedCall) {
  const std::vector<Ban> bans{
      {"asio::detached", "spawn through a Scope", {}},
      {"experimental/channel", "it drops items on close; use Pipe", {}},
      {"std::regex", "exponential time; use plain text search", {}},
      {" system(", "no shell outside the sandbox", {"model/block_turn.cc", "model/block_turn_test.cc"}},  // a function of that name
      {"::system(", "no shell outside the sandbox", {}},
      {"popen(", "no shell outside the sandbox", {}},
      {"sprintf(", "use fmt", {}},
      {"strcpy(", "use std::string", {}},
      {" rand()", "use Dice", {}},
      {"std::this_thread::sleep", "use Clock", {}},
      {"usleep(", "use Clock", {}},
      {"std::mutex", "one io thread owns all state",
       {"async/threads.h", "base/id.cc", "base/log.cc", "store/store.cc", "net/http_upload.h", "net/curl_engine.h", "net/curl_loop.h",
        "cmd/chat_terminal.h"}},
      {"<sqlite3.h>", "only store/sqlite.cc speaks to SQLite", {"store/sqlite.cc"}},
      {"TODO", "finish it, or write it down elsewhere", {}},
  };
  for (const Source& source : sources()) {
    if (source.path == "tidy_test.cc") continue;
    for (const std::string& line : source.lines) {
      const std::string code = line.substr(0, line.find("//"));
      for (const Ban& ban : bans)
        EXPECT_TRUE(code.find(ban.text) == std::string::npos || ban.except.contains(source.path) || (source.is_test() && ban.text == "std::mutex"))
            << source.path << ": '" << ban.text << "' is banned: " << ban.why;
    }
  }
}

TEST(Tidy, HeavyHeadersStayOutOfHeaders) {
  for (const Source& source : sources())
    for (const std::string& line : source.lines) {
      if (!line.starts_with("#include")) continue;
      if (line.find("<boost/beast") != std::string::npos) EXPECT_EQ(source.room, "net") << source.path << " includes Beast";
      if (line.find("<curl/") != std::string::npos) EXPECT_EQ(source.room, "net") << source.path << " includes libcurl";
      if (!source.is_header() || source.path == "cmd/line.h") continue;  // which the command line's own two files share
      for (std::string_view heavy : {"<boost/json.hpp>", "<CLI/", "<sqlite3.h>", "<openssl/"})
        EXPECT_EQ(line.find(heavy), std::string::npos) << source.path << " is a header and includes " << heavy;
    }
}

TEST(Tidy, NoRoomIsADrawer) {
  const std::set<std::string> banned{"util", "utils", "common", "core", "manager", "helper", "helpers", "misc"};
  for (const Source& source : sources())
    for (const auto& part : fs::path(source.path)) EXPECT_FALSE(banned.contains(part.stem().string())) << source.path;
}

// Every query of rows that belong to someone says whose, except where the person is what is looked for, or all persons are meant.
TEST(Tidy, EveryQuerySaysWhose) {
  static const std::regex statement(R"((tx\.(?:change|query|number)|find_run)\s*\(((?:[^;"]|"(?:[^"\\]|\\.)*")*);)");
  static const std::regex literal(R"x("((?:[^"\\]|\\.)*)")x");
  static const std::regex owned(R"((FROM|UPDATE|INTO|JOIN) (settings|tokens|setup_links|conversations|runs|messages|tool_calls|outputs|events|usage_days|answers|door_rules|egress|jobs|job_history|job_needs|job_log|automations|occurrences)\b)");
  for (const Source& source : sources()) {
    if (source.is_test()) continue;
    std::string code;
    for (const std::string& line : source.lines) code += line + "\n";
    for (std::sregex_iterator i(code.begin(), code.end(), statement), none; i != none; ++i) {
      const std::string words = (*i)[2].str();
      std::string sql;
      for (std::sregex_iterator l(words.begin(), words.end(), literal); l != none; ++l) sql += (*l)[1].str();
      if (!std::regex_search(sql, owned)) continue;
      const bool excepted = sql.find("secret_hash") != sql.npos || source.path == "queue/claim.cc" || source.path == "queue/queue.cc" ||  // a queue is everybody's, and so is the clock
                            sql.find("FROM automations WHERE due_at") != sql.npos || sql.find("zone_version <> ?") != sql.npos ||
                            sql.find("hook_secret <> ''") != sql.npos || sql == "SELECT 1 FROM automations LIMIT 1";  // a link says whose it is by its secret
      EXPECT_TRUE(excepted || sql.find("person_id") != sql.npos) << source.path << ": " << sql;
    }
  }
}

// Members are built in the order they are declared, so a member given to an earlier one would not exist yet.
TEST(Tidy, AMemberOfComputerBorrowsOnlyFromThoseAboveIt) {
  const std::string header = [] {
    std::string text;
    for (const std::string& line : read_lines(fs::path(ZO_SOURCE_DIR) / "src/computer/computer.h")) text += line + "\n";
    return text;
  }();
  const std::size_t begin = header.find("struct Computer {");
  std::vector<std::string> members;
  std::istringstream lines(header.substr(begin, header.find("// Wires", begin) - begin));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t semicolon = line.find(';');
    if (semicolon == std::string::npos) continue;
    const std::size_t space = line.rfind(' ', semicolon);
    members.push_back(line.substr(space + 1, semicolon - space - 1));
  }
  ASSERT_GT(members.size(), 10u);
  std::string wiring;
  for (const std::string& line : read_lines(fs::path(ZO_SOURCE_DIR) / "src/computer/computer.cc")) wiring += line + "\n";
  wiring = wiring.substr(wiring.find("Computer::Computer("));
  wiring = wiring.substr(0, wiring.find(" {\n"));
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::size_t at = wiring.find("      " + members[i] + "(");
    if (at == std::string::npos) continue;
    const std::string arguments = wiring.substr(at, wiring.find('\n', at) - at);
    for (std::size_t later = i + 1; later < members.size(); ++later)
      for (std::string_view frame : {", ", "("})
        EXPECT_EQ(arguments.find(std::string(frame) + members[later] + ","), std::string::npos) << members[i] << " borrows " << members[later];
  }
}

}  // namespace
}  // namespace zo
