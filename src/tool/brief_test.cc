// What a small model is told of our tools, byte for byte: the prompt was measured with these very words (docs/embedded-model.md),
// and its server has read it ahead.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "base/json.h"
#include "model/chat.h"
#include "model/block_turn.h"
#include "testing/fake_clock.h"
#include "testing/temp_folder.h"
#include "tool/workspace_tools.h"

namespace zo {
namespace {

TEST(Briefs, MakeTheMeasuredPromptAndGrammar) {
  asio::io_context io{1};
  FakeClock clock{io.get_executor()};
  Threads threads{"test", 1};
  Sandbox sandbox{io.get_executor(), clock, threads};
  TempFolder folder;
  SystemDice dice;
  const std::unique_ptr<Store> store = *Store::open({.path = folder / "zo.db"});
  Door door{io.get_executor(), clock, dice, *store};
  WayOut way_out{clock, door};
  Workspaces workspaces(threads);
  Tools tools;
  TaintedFiles tainted;
  Limits limits;
  add_workspace_tools(tools, workspaces, sandbox, way_out, tainted, limits);

  ModelRequest request{.model = "m"};
  request.tools = tools.offered(Allowance::everything());
  const std::string path = std::string(ZO_SOURCE_DIR) + "/tests/golden/small_model.txt";
  const Json choose = *parse_json(chat_request_body(turn_request(request, Turn::Choose), Quirks{}), "body");
  std::string told = "grammar:\n" + text_at(choose, "grammar");
  for (const Json& message : *array_at(choose, "messages")) told += fmt::format("\n{}:\n{}\n", text_at(message, "role"), text_at(message, "content"));
  if (std::getenv("ZO_UPDATE_GOLDEN") != nullptr) write_whole_file(path, told);
  EXPECT_EQ(told, read_whole_file(path));
}

}  // namespace
}  // namespace zo
