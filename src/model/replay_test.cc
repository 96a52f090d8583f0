// Recorded streams, replayed: whatever way the bytes are cut, they must add up to the message that the index names.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/text.h"
#include "model/chat.h"
#include "model/messages.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

struct Recording {
  std::string name;
  std::string api;
  std::string bytes;
  Json expected;
};

std::vector<Recording> recordings_in(const std::string& folder) {
  const auto index = parse_json(read_whole_file(folder + "/index.json"), "index.json");
  std::vector<Recording> all;
  for (const Json& file : index->at("files").as_array()) {
    const std::string api(*string_at(file, "api"));
    if (api != "openai_chat" && api != "anthropic") continue;
    const std::string name(*string_at(file, "file"));
    all.push_back({name, api, read_whole_file(folder + "/" + name), file.at("expected")});
  }
  return all;
}

// Empty when this machine has no recordings of other people's.
std::string fixtures_folder() {
  const char* given = std::getenv("ZO_FIXTURES");
  const std::string base = given != nullptr ? given : std::string(ZO_SOURCE_DIR) + "/../shared/fixtures";
  const std::string folder = base + "/streams";
  return std::filesystem::exists(folder + "/index.json") ? folder : "";
}

// What a reader of the deltas has seen.
struct Reader {
  std::string text;
  std::string reasoning;
  std::vector<ModelCall> calls;
  std::vector<bool> ended;

  void operator()(const delta::Text& d) { text += d.text; }
  void operator()(const delta::Reasoning& d) { reasoning += d.text; }
  void operator()(const delta::CallStart& d) {
    EXPECT_EQ(static_cast<std::size_t>(d.index), calls.size()) << "calls start in order, without gaps";
    calls.push_back({d.id, d.name, ""});
    ended.push_back(false);
  }
  void operator()(const delta::CallArguments& d) {
    ASSERT_LT(static_cast<std::size_t>(d.index), calls.size()) << "arguments come after the start";
    EXPECT_FALSE(ended[static_cast<std::size_t>(d.index)]) << "nothing comes after the end";
    EXPECT_FALSE(d.text.empty());
    calls[static_cast<std::size_t>(d.index)].arguments += d.text;
  }
  void operator()(const delta::CallEnd& d) {
    ASSERT_LT(static_cast<std::size_t>(d.index), calls.size());
    ended[static_cast<std::size_t>(d.index)] = true;
  }
  void operator()(const delta::State&) { ADD_FAILURE() << "a parser tells no states"; }
  void operator()(const delta::Retrying&) { ADD_FAILURE() << "a parser does not retry"; }
};

struct Replay {
  Reader reader;
  Result<ModelReply> reply;
};

Replay replay(const std::string& api, std::string_view bytes, const std::function<std::size_t()>& next_size, ReplyParser::Body body = ReplyParser::Body::Ended) {
  Replay out{.reply = fail(Code::Internal, "not finished")};
  auto on_delta = [&out](const Delta& delta) { std::visit(out.reader, delta); };
  const Speaker speaker{.provider = "recorded", .model = "model", .host = "recorded.example"};
  const auto parser = api == "anthropic" ? messages_parser(speaker, on_delta) : chat_parser(speaker, on_delta);
  SseParser lines;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, next_size());
    bytes.remove_prefix(piece.size());
    std::vector<SseEvent> events;
    EXPECT_TRUE(lines.feed(piece, events));
    for (const SseEvent& event : events)
      if (const auto fed = parser->feed(event); !fed) {
        out.reply = std::unexpected(fed.error());
        return out;
      }
  }
  out.reply = parser->finish(body);
  return out;
}

Replay replay(const Recording& recording, std::size_t piece) {
  return replay(recording.api, recording.bytes, [piece] { return piece; });
}

Finish expected_finish(const Json& expected) {
  const auto normalised = string_at(expected, "finish_reason_normalised");
  const std::string_view word = normalised.value_or(string_at(expected, "finish_reason").value_or("stop"));
  if (word == "tool_calls" || word == "tool_use") return Finish::ToolCalls;
  if (word == "length" || word == "max_tokens") return Finish::Length;
  return Finish::Stop;
}

Usage expected_usage(const Json& expected) {
  const Json* usage = find(expected, "usage");
  if (usage == nullptr) return {};
  const auto number = [&](std::string_view name) { return integer_at(*usage, name).value_or(0); };
  if (usage->as_object().contains("input_tokens")) {
    const std::int64_t cached = number("cache_read_input_tokens");
    return {number("input_tokens") + cached + number("cache_creation_input_tokens"), number("output_tokens"), cached};
  }
  const Json* details = find(*usage, "prompt_tokens_details");
  return {number("prompt_tokens"), std::max(number("completion_tokens"), number("total_tokens") - number("prompt_tokens")),
          details != nullptr ? integer_at(*details, "cached_tokens").value_or(0) : 0};
}

void expect_calls(const JsonArray& expected, const std::vector<ModelCall>& calls) {
  ASSERT_EQ(calls.size(), expected.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(calls[i].id, *string_at(expected[i], "id"));
    EXPECT_EQ(calls[i].name, *string_at(expected[i], "name"));
    const auto arguments = parse_json(calls[i].arguments, "arguments");
    ASSERT_TRUE(arguments) << calls[i].arguments;
    EXPECT_EQ(*arguments, expected[i].at("arguments"));
  }
}

void expect_match(const Json& expected, const Replay& got) {
  EXPECT_EQ(got.reader.text, *string_at(expected, "text"));
  EXPECT_EQ(got.reader.reasoning, *string_at(expected, "reasoning"));
  if (const Json* error = find(expected, "error")) {
    ASSERT_FALSE(got.reply);
    EXPECT_NE(got.reply.error().message.find(one_line(*string_at(*error, "message"), 100).substr(0, 90)), std::string::npos)
        << got.reply.error().message;
    return;
  }
  ASSERT_TRUE(got.reply) << got.reply.error().message;
  const ModelReply& reply = *got.reply;
  EXPECT_EQ(reply.text, got.reader.text);
  EXPECT_EQ(reply.reasoning, got.reader.reasoning);
  expect_calls(*array_at(expected, "tool_calls"), reply.calls);
  EXPECT_EQ(reply.finish, expected_finish(expected));
  EXPECT_EQ(reply.usage, expected_usage(expected));
  EXPECT_EQ(reply.id, *string_at(expected, "id"));
  EXPECT_EQ(reply.model, *string_at(expected, "model"));
  std::vector<ModelCall> complete;
  for (std::size_t i = 0; i < got.reader.calls.size(); ++i)
    if (got.reader.ended[i]) complete.push_back(got.reader.calls[i]);
  EXPECT_EQ(complete, reply.calls) << "the deltas add up to the calls";
}

void expect_every_form(const Recording& recording) {
  SCOPED_TRACE(recording.name);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, recording.bytes.size()})
    expect_match(recording.expected, replay(recording, piece));
  Recording crlf = recording;
  crlf.bytes.clear();
  for (char c : recording.bytes) crlf.bytes += c == '\n' ? "\r\n" : std::string(1, c);
  for (const std::size_t piece : {std::size_t{1}, crlf.bytes.size()}) expect_match(recording.expected, replay(crlf, piece));
}

// Cut after any byte: an error or, once the model had said that it was done, the whole; what was shown is a part of it.
void expect_cuts_are_survived(const Recording& recording, std::size_t step) {
  SCOPED_TRACE(recording.name);
  const Replay whole = replay(recording, recording.bytes.size());
  for (std::size_t end = 0; end < recording.bytes.size(); end += step) {
    Recording cut = recording;
    cut.bytes.resize(end);
    const Replay got = replay(cut.api, cut.bytes, [end] { return end; }, ReplyParser::Body::Broke);
    EXPECT_TRUE(whole.reader.text.starts_with(got.reader.text)) << "cut at " << end;
    EXPECT_TRUE(whole.reader.reasoning.starts_with(got.reader.reasoning)) << "cut at " << end;
    if (!got.reply) {
      EXPECT_TRUE(got.reply.error().message.find("stream_truncated") != std::string::npos || !whole.reply) << "cut at " << end;
    } else if (whole.reply) {
      EXPECT_EQ(got.reply->text, whole.reply->text) << "cut at " << end;
      EXPECT_EQ(got.reply->calls, whole.reply->calls) << "cut at " << end;
    }
  }
}

const std::string kOwn = std::string(ZO_SOURCE_DIR) + "/tests/streams";

TEST(Replay, OwnStreamsAddUpHoweverTheyAreCut) {
  const std::vector<Recording> all = recordings_in(kOwn);
  ASSERT_GE(all.size(), 8u);
  for (const Recording& recording : all) expect_every_form(recording);
}

TEST(Replay, RecordedStreamsAddUpHoweverTheyAreCut) {
  const std::string folder = fixtures_folder();
  if (folder.empty()) GTEST_SKIP() << "skipped, no fixtures";
  const std::vector<Recording> all = recordings_in(folder);
  ASSERT_GE(all.size(), 30u);
  for (const Recording& recording : all) expect_every_form(recording);
}

TEST(Replay, AStreamThatIsCutAnywhereIsAnErrorThatKeepsWhatWasShown) {
  for (const Recording& recording : recordings_in(kOwn)) expect_cuts_are_survived(recording, 1);
}

TEST(Replay, ARecordedStreamThatIsCutIsAnErrorThatKeepsWhatWasShown) {
  const std::string folder = fixtures_folder();
  if (folder.empty()) GTEST_SKIP() << "skipped, no fixtures";
  for (const Recording& recording : recordings_in(folder))
    expect_cuts_are_survived(recording, 1 + recording.bytes.size() / 100);
}

RC_GTEST_PROP(Replay, TheSizesOfThePiecesDoNotMatter, ()) {
  static const std::vector<Recording> all = recordings_in(kOwn);
  const Recording& recording = *rc::gen::elementOf(all);
  auto next_size = [] { return *rc::gen::inRange<std::size_t>(1, 40); };
  const Replay pieces = replay(recording.api, recording.bytes, next_size);
  const Replay whole = replay(recording, recording.bytes.size());
  RC_ASSERT(pieces.reader.text == whole.reader.text);
  RC_ASSERT(pieces.reader.reasoning == whole.reader.reasoning);
  RC_ASSERT(pieces.reader.calls == whole.reader.calls);
  RC_ASSERT(pieces.reply.has_value() == whole.reply.has_value());
  if (whole.reply) RC_ASSERT(pieces.reply->opaque == whole.reply->opaque);
}

}  // namespace
}  // namespace zo
