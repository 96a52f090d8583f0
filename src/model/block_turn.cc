#include "model/block_turn.h"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "model/block_examples.h"
#include "model/block_grammar.h"

namespace zo {
namespace {

constexpr int kAnswerTokens = 1'024;
constexpr std::size_t kCallsAtMost = 8;           // for one question of a person
constexpr std::size_t kInstructionBytes = 2'000;  // of a client, beside tools; more would leave no room for the conversation
constexpr std::size_t kCallIdsTried = 1'000'000;

constexpr std::string_view kHead = "You are Zo, an assistant with a Linux computer. To use it, write one block and nothing else:\n";
constexpr std::string_view kRule =
    "You see the result and go on, block by block, until all is done. Text without a block is your answer to the person.\n"
    "Use a block for this computer: its files, clock, disk, programs. Never guess these. Answer at once to greetings, general "
    "knowledge, writing and explaining. After a result, answer what was asked, copying facts exactly.\n"
    "The person's files are in the current folder. Python has its standard library only, no pandas.";
constexpr std::string_view kMore = "There are more blocks:\n";
constexpr std::string_view kPlain = "You are Zo, an assistant. Answer briefly.";

using Role = ModelMessage::Role;
using Messages = std::vector<ModelMessage>;

ModelMessage message(Role role, std::string_view text) { return {.role = role, .text = std::string(text)}; }

bool is_always_offered(const OfferedTool& tool) { return !tool.small || tool.small->phrases.empty(); }

// Whether the person has spoken of what it does.
bool is_spoken_of(const OfferedTool& tool, const Messages& messages) {
  return std::ranges::any_of(messages, [&](const ModelMessage& turn) {
    if (turn.role != Role::User) return false;
    const std::string said = to_lower(turn.text);
    return std::ranges::any_of(tool.small->phrases, [&](const std::string& phrase) { return said.find(phrase) != said.npos; });
  });
}

// Those that are always there, and behind them those that fit what was said.
std::vector<CallForm> forms_of(const ModelRequest& request) {
  std::vector<OfferedTool> tools;
  std::ranges::copy_if(request.tools, std::back_inserter(tools), is_always_offered);
  std::ranges::copy_if(request.tools, std::back_inserter(tools), [&](const OfferedTool& tool) { return !is_always_offered(tool) && is_spoken_of(tool, request.messages); });
  return call_forms(tools, request.tool_choice);
}

std::vector<CallForm> fixed_forms(const std::vector<OfferedTool>& tools, std::string_view choice = {}) {
  std::vector<OfferedTool> always;
  std::ranges::copy_if(tools, std::back_inserter(always), is_always_offered);
  return call_forms(always, choice);
}

bool is_offered(const std::vector<CallForm>& forms, const Example& example) {
  return std::ranges::all_of(example.steps, [&](const ExampleStep& step) {
    return std::ranges::any_of(forms, [&](const CallForm& form) { return !form.json && form.block.word == step.word; });
  });
}

std::string block_of(const ExampleStep& step) {
  return fmt::format("{}{}{}{}\n{}\n{}", kFence, step.word, step.head.empty() ? "" : " ", step.head, step.body, kFence);
}

void add_example(const Example& example, Messages& messages) {
  messages.push_back(message(Role::User, example.question));
  for (const ExampleStep& step : example.steps) {
    messages.push_back(message(Role::Assistant, block_of(step)));
    messages.push_back(message(Role::Tool, step.result));
  }
  messages.push_back(message(Role::Assistant, example.reply));
}

Messages fixed_messages(const std::vector<CallForm>& forms) {
  std::string system(kHead);
  for (const CallForm& form : forms) system += shown_form(form);
  system += kRule;
  Messages messages{message(Role::System, system)};
  for (const Example& example : block_examples())
    if (is_offered(forms, example)) add_example(example, messages);
  return messages;
}

// Those that what was said has brought in, with what shows how they are used.
void add_more(const std::vector<CallForm>& fixed, const std::vector<CallForm>& all, Messages& messages) {
  if (all.size() == fixed.size()) return;
  std::string system(kMore);
  for (std::size_t i = fixed.size(); i < all.size(); ++i) system += shown_form(all[i]);
  messages.push_back(message(Role::System, system));
  for (const Example& example : block_examples())
    if (is_offered(all, example) && !is_offered(fixed, example)) add_example(example, messages);
}

// One call a turn, with its result behind it, however many the model that made them made at once.
void add_history(const std::vector<ModelMessage>& history, const std::vector<CallForm>& forms, Messages& messages) {
  const std::vector<ModelCall>* calls = nullptr;
  for (const ModelMessage& turn : history) {
    if (turn.role == Role::User) {
      messages.push_back(message(Role::User, turn.text));
    } else if (turn.role == Role::Assistant) {
      calls = &turn.calls;
      if (calls->empty()) messages.push_back(message(Role::Assistant, turn.text));
    } else if (calls != nullptr) {
      const auto call = std::ranges::find(*calls, turn.call_id, &ModelCall::id);
      if (call == calls->end()) continue;
      messages.push_back(message(Role::Assistant, written_call(forms, *call)));
      messages.push_back(message(Role::Tool, turn.text.empty() ? "[no output]" : std::string_view(turn.text)));
    }
  }
}

// What the person or client asks of every answer stands behind the fixed beginning, so that this stays the same.
Messages tool_messages(const ModelRequest& request, const std::vector<CallForm>& forms) {
  const std::vector<CallForm> fixed = fixed_forms(request.tools, request.tool_choice);
  Messages messages = fixed_messages(fixed);
  add_more(fixed, forms, messages);
  if (const std::string_view wish = trim(request.instructions); !wish.empty())
    messages.push_back(message(Role::System, head_and_tail(wish, kInstructionBytes)));
  add_history(request.messages, forms, messages);
  return messages;
}

Messages plain_messages(const ModelRequest& request) {
  std::string system(trim(request.instructions));
  if (!request.system.empty()) system = std::string(kPlain) + (system.empty() ? "" : "\n") + system;
  Messages messages;
  if (!system.empty()) messages.push_back(message(Role::System, system));
  add_history(request.messages, {}, messages);
  return messages;
}

void add_form(std::string_view draft, const std::string& schema, Messages& messages) {
  const std::string form = "Answer with one JSON object that fits this JSON Schema: " + schema;
  if (draft.empty()) {
    messages.push_back(message(Role::System, form));
    return;
  }
  messages.push_back(message(Role::Assistant, draft));
  messages.push_back(message(Role::User, form));
}

std::size_t begin_of_question(const std::vector<ModelMessage>& messages) {
  std::size_t begin = messages.size();
  while (begin > 0 && messages[begin - 1].role != Role::User) --begin;
  return begin;
}

std::size_t calls_for_question(const std::vector<ModelMessage>& messages) {
  std::size_t count = 0;
  for (std::size_t i = begin_of_question(messages); i < messages.size(); ++i) count += messages[i].calls.size();
  return count;
}

bool is_to_be_mended(const ModelRequest& request) {
  const std::vector<ModelMessage>& messages = request.messages;
  if (messages.empty() || !messages.back().is_error) return false;
  const auto tool = std::ranges::find(request.tools, messages.back().call_name, &OfferedTool::name);
  if (tool == request.tools.end() || !tool->small || !tool->small->mends) return false;
  return std::count_if(messages.begin() + static_cast<std::ptrdiff_t>(begin_of_question(messages)), messages.end(), [](const ModelMessage& turn) { return turn.is_error; }) == 1;
}

}  // namespace

Turn first_turn(const ModelRequest& request) {
  const std::vector<CallForm> forms = forms_of(request);
  if (forms.empty()) return request.response_schema.empty() ? Turn::Plain : Turn::Object;
  if (calls_for_question(request.messages) >= kCallsAtMost) return Turn::Reply;
  return !request.must_make.empty() || is_to_be_mended(request) || request.tool_choice == "required" || request.tool_choice == forms.front().tool ? Turn::Call : Turn::Choose;
}

ModelRequest turn_request(const ModelRequest& request, Turn turn, std::string_view draft) {
  const std::vector<CallForm> forms = forms_of(request);
  ModelRequest asked{.person = request.person, .model = request.model, .messages = forms.empty() ? plain_messages(request) : tool_messages(request, forms)};
  if (turn == Turn::Object) add_form(draft, request.response_schema, asked.messages);
  if (turn == Turn::Choose) asked.grammar = turn_grammar(forms, MayReply::Yes);
  if (turn == Turn::Call) asked.grammar = turn_grammar(is_to_be_mended(request) ? call_forms(request.tools, request.messages.back().call_name) : forms, MayReply::No);
  if (turn == Turn::Call && !request.must_make.empty()) asked.grammar = making_grammar(forms, request.must_make);
  if (turn == Turn::Reply) asked.grammar = turn_grammar({}, MayReply::Yes);
  if (turn == Turn::Object) asked.grammar_schema = request.response_schema;
  asked.keeps_prefix = true;
  // At 0, hashes and names are copied exactly.
  asked.temperature = request.temperature.value_or(0);
  asked.top_p = request.top_p;
  if (turn == Turn::Plain) asked.stop = request.stop;
  asked.tokens_max = request.tokens_max.value_or(kAnswerTokens);
  return asked;
}

ModelRequest warm_request(const std::vector<OfferedTool>& tools) {
  return {.model = "local", .messages = fixed_messages(fixed_forms(tools)), .keeps_prefix = true, .tokens_max = 0, .temperature = 0};
}

std::string last_call(const ModelRequest& request) {
  const std::vector<ModelMessage>& messages = request.messages;
  for (std::size_t i = messages.size(); i > begin_of_question(messages); --i)
    if (!messages[i - 1].calls.empty()) return written_call(forms_of(request), messages[i - 1].calls.back());
  return {};
}

std::string next_call_id(const ModelRequest& request) {
  for (std::size_t i = 0; i < kCallIdsTried; ++i) {
    std::string id = fmt::format("call_{}", request.messages.size() + i);
    const auto has_it = [&](const ModelMessage& turn) { return std::ranges::find(turn.calls, id, &ModelCall::id) != turn.calls.end(); };
    if (std::ranges::none_of(request.messages, has_it)) return id;
  }
  ZO_CHECK(false);
}

}  // namespace zo
