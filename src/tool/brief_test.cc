// What a small model is told of our tools, byte for byte: the prompt was measured with these very words (bench/local_model.py),
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
  Workspaces workspaces(threads);
  Tools tools;
  TaintedFiles tainted;
  add_workspace_tools(tools, workspaces, sandbox, tainted);

  ModelRequest request{.model = "m"};
  request.tools = tools.offered(Allowance::everything());
  const Json golden = *parse_json(read_whole_file(std::string(ZO_SOURCE_DIR) + "/tests/golden/local_turn.json"), "golden");
  const Json choose = *parse_json(chat_request_body(turn_request(request, Turn::Choose), Quirks{}), "body");
  EXPECT_EQ(choose.at("messages"), golden.at("messages"));
  EXPECT_EQ(choose.at("grammar"), golden.at("grammar"));
  EXPECT_EQ(parse_json(chat_request_body(turn_request(request, Turn::Reply), Quirks{}), "body")->at("grammar"), golden.at("reply_grammar"));
}

}  // namespace
}  // namespace zo
