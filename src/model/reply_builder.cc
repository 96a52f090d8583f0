#include "model/reply_builder.h"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "model/text_calls.h"

namespace zo {
namespace {

constexpr std::size_t kPieceCost = 16;   // what a piece costs beside its bytes, so that endless empty ones end too
constexpr std::size_t kCallCost = 16 * limits::KiB;  // likewise for a call

bool is_object(std::string_view arguments) {
  const auto value = parse_json(arguments, "arguments");
  return value && value->is_object();
}

}  // namespace

void ReplyBuilder::text(std::string_view piece) {
  if (piece.empty()) return;
  bytes_ += piece.size() + kPieceCost;
  std::string whole = text_joiner_.feed(piece);
  if (whole.empty()) return;
  text_ += whole;
  on_delta_(delta::Text{std::move(whole)});
}

void ReplyBuilder::reasoning(std::string_view piece) {
  if (piece.empty()) return;
  bytes_ += piece.size() + kPieceCost;
  std::string whole = reasoning_joiner_.feed(piece);
  if (whole.empty()) return;
  reasoning_ += whole;
  on_delta_(delta::Reasoning{std::move(whole)});
}

void ReplyBuilder::text_was_reasoning() { reasoning_ += std::exchange(text_, {}); }

void ReplyBuilder::reasoning_was_text() {
  const std::string thought = std::exchange(reasoning_, {});
  text(trim(thought));
}

bool ReplyBuilder::all_calls_whole() const {
  return !calls_.empty() && std::ranges::all_of(calls_, [](const Call& call) { return call.is_nothing() || (!call.name.empty() && (call.ended || call.extent.whole())); });
}

bool ReplyBuilder::has_call(const ModelCall& call) const {
  const auto same = [&](const Call& one) {
    const auto a = parse_json(one.arguments, "arguments");
    const auto b = parse_json(call.arguments, "arguments");
    return offered_name(one.name, offered_) == call.name && a && b && *a == *b;
  };
  return std::ranges::any_of(calls_, same);
}

bool ReplyBuilder::too_long() const { return bytes_ > limits::kReplyBytes; }

bool ReplyBuilder::id_taken(std::string_view id) const {
  return std::ranges::any_of(calls_, [&](const Call& call) { return call.id == id; });
}

// By index, else by id, else the newest. calls_.size() means: a new one.
std::size_t ReplyBuilder::position_of(const CallPart& part) const {
  const std::size_t none = calls_.size();
  if (part.index) {
    for (std::size_t i = none; i-- > 0;) {
      const Call& call = calls_[i];
      if (call.index != part.index) continue;
      const bool another = !part.id.empty() && !part.name.empty() && !call.id.empty() && part.id != call.id;
      // Servers that give every call the same index, and none an id: one is whole, and a name comes again.
      const bool begins_again = !part.name.empty() && part.id.empty() && call.extent.whole() && part.arguments != call.arguments;
      return another || begins_again ? none : i;
    }
    return none;
  }
  if (!part.id.empty())
    for (std::size_t i = none; i-- > 0;)
      if (calls_[i].id == part.id) return i;
  const bool continues = none > 0 && (part.name.empty() || (part.id.empty() && calls_.back().name.empty()));
  return continues ? none - 1 : none;
}

std::size_t ReplyBuilder::call(const CallPart& part) {
  const std::size_t position = position_of(part);
  if (position == calls_.size()) {
    const bool is_said_again = part.index && !calls_.empty() && calls_.back().index == part.index && calls_.back().name == part.name;
    calls_.push_back(Call{.index = part.index, .may_be_nothing = is_said_again && trim(part.arguments).empty()});
    bytes_ += kCallCost;
  }
  Call& call = calls_[position];
  if (call.id.empty() && !id_taken(part.id)) call.id = part.id;
  if (call.name.empty()) call.name = part.name;
  bytes_ += part.id.size() + part.name.size() + part.arguments.size() + kPieceCost;
  if (call.ended) return position;
  add_arguments(call, part.arguments);
  // Without an id it waits for one until the arguments begin.
  if (call.number < 0 && !call.name.empty() && (!call.id.empty() || !call.blank)) start_up_to(position);
  tell_arguments(call);
  return position;
}

// Fragments are appended; but some servers send all that they have so far each time, or the whole once more at the end, or an empty
// object first.
void ReplyBuilder::add_arguments(Call& call, std::string_view piece) {
  if (piece.empty()) return;
  if (call.extent.whole()) {
    if (trim(call.arguments) != "{}" || !trim(piece).starts_with('{')) return;
    call.arguments.clear();
    call.extent = {};
  } else if (call.arguments.starts_with('{') && piece.starts_with(call.arguments) && (piece.size() > 1 || call.arguments.size() > 1)) {
    piece.remove_prefix(call.arguments.size());
  }
  std::string whole = call.joiner.feed(piece);
  call.extent.feed(whole);
  call.arguments += whole;
  call.blank = call.blank && trim(whole).empty();
}

// An earlier call that still waits for its id goes first: the order is that of the model.
void ReplyBuilder::start_up_to(std::size_t position) {
  for (std::size_t i = 0; i <= position; ++i)
    if (calls_[i].number < 0 && !calls_[i].name.empty() && !calls_[i].is_nothing()) start(calls_[i]);
}

void ReplyBuilder::start(Call& call) {
  call.number = started_++;
  call.name = offered_name(call.name, offered_);
  for (int i = call.number; call.id.empty(); ++i)
    if (std::string invented = fmt::format("call_{}", i); !id_taken(invented)) call.id = std::move(invented);
  on_delta_(delta::CallStart{call.number, call.id, call.name});
}

// White space before the first sign is held back: arguments that stay blank become "{}". So is an empty object, which may not be all.
void ReplyBuilder::tell_arguments(Call& call) {
  if (call.number < 0 || call.blank || call.told == call.arguments.size()) return;
  if (!call.ended && trim(call.arguments) == "{}") return;
  on_delta_(delta::CallArguments{call.number, call.arguments.substr(call.told)});
  call.told = call.arguments.size();
}

void ReplyBuilder::end_call(std::size_t position) {
  Call& call = calls_[position];
  if (call.ended || call.name.empty() || call.is_nothing()) return;
  start_up_to(position);
  if (call.blank) call.arguments = "{}";
  call.blank = false;
  call.arguments += call.joiner.finish();
  call.ended = true;
  tell_arguments(call);
  on_delta_(delta::CallEnd{call.number});
}

ModelReply ReplyBuilder::finish(std::optional<Finish> finish, OpenCalls open_calls) {
  for (const bool of_text : {true, false}) {
    std::string rest = of_text ? text_joiner_.finish() : reasoning_joiner_.finish();
    if (rest.empty()) continue;
    (of_text ? text_ : reasoning_) += rest;
    if (of_text) on_delta_(delta::Text{std::move(rest)});
    else on_delta_(delta::Reasoning{std::move(rest)});
  }
  const bool cut = finish == Finish::Length || open_calls == OpenCalls::AreCut;
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    Call& call = calls_[i];
    if (!call.ended && cut) call.cut = open_calls == OpenCalls::AreCut || !is_object(call.arguments);
    if (call.ended && finish == Finish::Length) call.cut = !is_object(call.arguments);
    if (!call.cut) end_call(i);
  }
  ModelReply reply;
  if (const auto first = std::ranges::find_if(calls_, &Call::cut); first != calls_.end()) reply.cut_call = offered_name(first->name, offered_);
  std::vector<const Call*> complete;
  for (const Call& call : calls_)
    if (call.ended && !call.cut) complete.push_back(&call);
  std::ranges::sort(complete, {}, &Call::number);
  for (const Call* call : complete) reply.calls.push_back({call->id, call->name, call->arguments});
  reply.text = std::move(text_);
  reply.reasoning = std::move(reasoning_);
  // The word of the provider is corrected where its calls say otherwise: "stop" with calls, "tool_calls" without.
  reply.finish = finish.value_or(Finish::Stop);
  if (reply.finish == Finish::Stop && !reply.calls.empty()) reply.finish = Finish::ToolCalls;
  if (reply.finish == Finish::ToolCalls && reply.calls.empty()) reply.finish = Finish::Stop;
  return reply;
}

}  // namespace zo
