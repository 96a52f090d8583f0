#include "cmd/story.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/wire/records.h"
#include "api/wire/run_event.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

std::string_view mark(StoryPiece::Kind kind) {
  switch (kind) {
    case StoryPiece::Kind::Answer: return "";
    case StoryPiece::Kind::Person: return "> ";
    case StoryPiece::Kind::Tool: return "▸ ";
    case StoryPiece::Kind::Note: return "! ";
    case StoryPiece::Kind::Progress: return "… ";
    case StoryPiece::Kind::Change: return "± ";
    case StoryPiece::Kind::Hint: return "? ";
  }
  return "";
}

std::string written(const std::vector<StoryPiece>& pieces) {
  std::string out;
  for (const StoryPiece& piece : pieces) {
    out += std::string(mark(piece.kind)) + piece.text;
    if (piece.kind != StoryPiece::Kind::Answer) out += '\n';
  }
  return out;
}

JsonArray golden(const std::string& name) {
  const std::string text = read_whole_file(std::string(ZO_SOURCE_DIR) + "/tests/golden/" + name + ".events.json");
  return boost::json::parse(text).as_array();
}

std::vector<StoryPiece> take(Story& story, std::string_view kind, const Json& data) {
  const std::optional<FeedEvent<RunEvent>> event = event_from_json(kind, data);
  return event ? story.take(*event) : std::vector<StoryPiece>{};
}

// All that a person sees of the run.
std::string told(Story& story, const JsonArray& events) {
  std::string out;
  for (const Json& event : events) out += written(take(story, event.at("kind").as_string(), event.at("data")));
  return out;
}
std::string told(const std::string& name) {
  Story story;
  return told(story, golden(name));
}

Json data(std::string_view text) { return boost::json::parse(text); }

TEST(Story, AnAnswerIsToldAsItCame) {
  Story story;
  EXPECT_EQ(told(story, golden("plain_answer")), "> What is a tmpfs?\nA **tmpfs** is a file system kept in memory. Nothing of it survives a restart.\n");
  EXPECT_EQ(story.answer(), "A **tmpfs** is a file system kept in memory. Nothing of it survives a restart.");
  EXPECT_EQ(story.end()->state, RunState::Done);
}

TEST(Story, AToolCallIsOneLine) {
  EXPECT_EQ(told("tool_call"),
            "> What is the sha256 of notes.txt?\nI will run sha256sum.\n▸ shell  sha256sum notes.txt  ✓ 41 ms\n"
            "\nThe sha256 of notes.txt is `5891b5b522d5df08`.\n");
  EXPECT_EQ(told("parallel_calls"),
            "> Read a.txt and missing.txt, then mend b.txt.\n▸ read_file  a.txt  ✓ 41 ms\n"
            "▸ read_file  missing.txt  ✗ failed 41 ms: there is no 'missing.txt' in the workspace\n"
            "▸ edit_file  b.txt  ✓ 41 ms\na.txt is fine; b.txt is mended.\n");
  EXPECT_EQ(told("sub_agents"), "> Compare the three reports.\nI will read them side by side.\n▸ spawn_agents  3 agents  ✓ 41 ms\n\nUp, flat, down.\n");
  EXPECT_EQ(told("cancelled_call"), "> Sleep for a minute, then tell me.\nI will wait.\n▸ shell  sleep 60  ■ stopped 41 ms\n");
  EXPECT_EQ(tool_line(tool_call_from_json(data(R"({"name":"shell","summary":"false","state":"failed","exit_code":1,"elapsed_ms":3})"))),
            "shell  false  ✗ exit 1 3 ms");
}

TEST(Story, ACallThatTheEndOfTheRunCutShortIsNotForgotten) {
  JsonArray events;
  for (const Json& event : golden("cancelled_call"))
    if (event.at("kind") != "tool_finished") events.push_back(event);
  Story story;
  EXPECT_EQ(told(story, events), "> Sleep for a minute, then tell me.\nI will wait.\n▸ shell  sleep 60  ■ stopped\n");
}

TEST(Story, ATextThatBeginsAgainAfterARestartIsToldWhole) {
  EXPECT_EQ(told("restarted_step"),
            "> Write a haiku about rain.\nRain on the old ro! the server restarted; step 1 begins again\n"
            "\nRain on the tin roof\nwrites all night\n");
}

TEST(Story, ATextThatComesAgainUnchangedIsToldOnce) {
  Story story;
  std::string out = written(take(story, "text", data(R"({"number":1,"text":"one two"})")));
  out += written(take(story, "step_restarted", data(R"({"number":2,"step":1})")));
  out += written(take(story, "text", data(R"({"number":3,"text":"one "})")));
  out += written(take(story, "text", data(R"({"number":4,"text":"two three"})")));
  EXPECT_EQ(out, "one two! the server restarted; step 1 begins again\n three");
}

TEST(Story, LostDeltasAreFilledIn) { EXPECT_EQ(told("lost_deltas"), "> Tell me about rivers.\nRivers carry water from the hills to the sea.\n"); }

TEST(Story, TroubleIsNamed) {
  EXPECT_EQ(told("restarted_during_call"),
            "> Append one line to log.txt.\n▸ shell  echo one >> log.txt  ? outcome unknown\n"
            "! the server restarted; step 2 begins again\nI will look before I try again.\n");
  Story limited;
  told(limited, golden("trimmed_and_limited"));
  EXPECT_EQ(limited.end()->state, RunState::Limited);
  EXPECT_EQ(limited.end()->error->advice, "send another message to go on; zo limit set steps_a_run 4 allows more");
  Story failed;
  EXPECT_EQ(told(failed, golden("failed")), "> Hello\n… trying again in 100 ms: openai is overloaded (503): the script says so\nHel\n");
  EXPECT_EQ(failed.end()->error->code, Code::Denied);
}

TEST(Story, WhatThePersonsToolsMayRunIsToldBehindTheAnswer) {
  Story story;
  EXPECT_EQ(told(story, golden("left_files")),
            "> Let direnv set STAGE in made.\n▸ write_file  made/.envrc  ✓ 41 ms\n▸ edit_file  made/.envrc  ✓ 41 ms\n"
            "direnv sets STAGE there.\n! this run left something that your own tools may run: made/.envrc\n"
            "± --- made/.envrc\n+++ made/.envrc\n@@ -0,0 +1,1 @@\n+export STAGE=test\n"
            "--- made/.envrc\n+++ made/.envrc\n@@ -1,1 +1,1 @@\n-export STAGE=test\n+export STAGE=live\n\n"
            "? zo runs show 01K5R000000000000000000001 shows the change\n");
  EXPECT_EQ(story.left().size(), 1u);
}

TEST(Story, WhatWasTakenAwayAgainIsSaidOnALineOfItsOwn) {
  Story story;
  take(story, "tool_finished", data(R"({"number":1,"tool_call":{"id":"a","left":[{"path":".git/x\ny","diff":"","removed":true}]}})"));
  EXPECT_EQ(written(take(story, "run_finished", data(R"({"number":2,"run":{"id":"r","state":"done"}})"))),
            "! taken away again: \".git/x\\ny\", which your git would have obeyed\n");
}

TEST(Story, EventsThatComeTwiceChangeNothing) {
  for (const char* name : {"tool_call", "left_files", "parallel_calls", "lost_deltas", "queued_message", "reasoning_and_retry"}) {
    JsonArray twice;
    for (const Json& event : golden(name)) {
      twice.push_back(event);
      twice.push_back(event);
    }
    Story story;
    EXPECT_EQ(told(story, twice), told(name)) << name;
  }
}

TEST(Story, WithoutLiveEventsTheAnswerIsTheSame) {
  const std::vector<std::string_view> durable{"run_started", "message_placed", "message", "tool_finished", "run_finished"};
  for (const char* name : {"plain_answer", "tool_call", "left_files", "parallel_calls", "lost_deltas", "queued_message"}) {
    JsonArray rest;
    for (const Json& event : golden(name))
      if (std::ranges::find(durable, std::string_view(event.at("kind").as_string())) != durable.end()) rest.push_back(event);
    Story all;
    Story some;
    std::string live = told(all, golden(name));
    if (const auto progress = live.find("… "); progress != live.npos) live.erase(progress, live.find('\n', progress) + 1 - progress);
    EXPECT_EQ(told(some, rest), live) << name;
    EXPECT_EQ(some.answer(), all.answer()) << name;
  }
}

TEST(Story, AQueuedMessageIsToldFromItsOwnBeginning) {
  Story story(MessageId::stored("01K5M000000000000000000003"));
  const std::string out = told(story, golden("queued_message"));
  EXPECT_TRUE(out.starts_with("> And its columns, please.\n1,204 lines.\n▸ shell  head -1")) << out;
}

TEST(Story, ACallWhoseSubAgentsBeginIsStillOneCall) {
  Story story;
  take(story, "tool_started", data(R"({"number":1,"tool_call_id":"01K5T000000000000000000001"})"));
  take(story, "tool_started", data(R"({"number":2,"tool_call_id":"01K5T000000000000000000001","children":["r"]})"));
  EXPECT_EQ(story.doing(), "a tool");
}

TEST(Story, OutputThatComesInPiecesIsOneLine) {
  Story story;
  take(story, "tool_started", data(R"({"number":1,"tool_call_id":"01K5T000000000000000000001"})"));
  take(story, "tool_progress", data(R"({"number":2,"tool_call_id":"01K5T000000000000000000001","text":"first\n5891 "})"));
  EXPECT_EQ(story.doing(), "a tool · 5891");
  take(story, "tool_progress", data(R"({"number":3,"tool_call_id":"01K5T000000000000000000001","text":"notes.txt\n"})"));
  EXPECT_EQ(story.doing(), "a tool · 5891 notes.txt");
}

TEST(Story, SaysWhatGoesOn) {
  Story story;
  std::vector<std::string> seen;
  for (const Json& event : golden("tool_call")) {
    take(story, event.at("kind").as_string(), event.at("data"));
    if (seen.empty() || seen.back() != story.doing()) seen.push_back(story.doing());
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"", "thinking", "", "writing a call of shell", "", "shell  sha256sum notes.txt",
                                            "shell  sha256sum notes.txt · 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03 notes.txt", "", "thinking", ""}));
}

}  // namespace
}  // namespace zo
