#include "model/reply_builder.h"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kPieceCost = 16;   // what a piece costs beside its bytes, so that endless empty ones end too
constexpr std::size_t kCallCost = 16 * limits::KiB;  // likewise for a call

bool is_object(std::string_view arguments) {
  const auto value = parse_json(arguments, "arguments");
  return value && value->is_object();
}

// Some servers with the wrong chat template let the model's own notation of a call into the text, and then parse it too.
void strip_leaked_call(std::string& text) {
  const std::size_t leak = text.find("<tool_call");
  if (leak != std::string::npos) text = std::string(trim(std::string_view(text).substr(0, leak)));
}

}  // namespace

void ReplyBuilder::text(std::string_view piece) {
  if (piece.empty()) return;
  bytes_ += piece.size() + kPieceCost;
  text_ += piece;
  on_delta_(delta::Text{std::string(piece)});
}

void ReplyBuilder::reasoning(std::string_view piece) {
  if (piece.empty()) return;
  bytes_ += piece.size() + kPieceCost;
  reasoning_ += piece;
  on_delta_(delta::Reasoning{std::string(piece)});
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
      return another ? none : i;
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
    calls_.push_back(Call{.index = part.index});
    bytes_ += kCallCost;
  }
  Call& call = calls_[position];
  if (call.id.empty() && !id_taken(part.id)) call.id = part.id;
  if (call.name.empty()) call.name = part.name;
  bytes_ += part.id.size() + part.name.size() + part.arguments.size() + kPieceCost;
  if (call.ended) return position;
  call.arguments += part.arguments;
  call.blank = call.blank && trim(part.arguments).empty();
  // Without an id it waits for one until the arguments begin.
  if (call.number < 0 && !call.name.empty() && (!call.id.empty() || !call.blank)) start_up_to(position);
  tell_arguments(call);
  return position;
}

// An earlier call that still waits for its id goes first: the order is that of the model.
void ReplyBuilder::start_up_to(std::size_t position) {
  for (std::size_t i = 0; i <= position; ++i)
    if (calls_[i].number < 0 && !calls_[i].name.empty()) start(calls_[i]);
}

void ReplyBuilder::start(Call& call) {
  call.number = started_++;
  for (int i = call.number; call.id.empty(); ++i)
    if (std::string invented = fmt::format("call_{}", i); !id_taken(invented)) call.id = std::move(invented);
  on_delta_(delta::CallStart{call.number, call.id, call.name});
}

// White space before the first sign is held back: arguments that stay blank become "{}".
void ReplyBuilder::tell_arguments(Call& call) {
  if (call.number < 0 || call.blank || call.told == call.arguments.size()) return;
  on_delta_(delta::CallArguments{call.number, call.arguments.substr(call.told)});
  call.told = call.arguments.size();
}

void ReplyBuilder::end_call(std::size_t position) {
  Call& call = calls_[position];
  if (call.ended || call.name.empty()) return;
  start_up_to(position);
  if (call.blank) call.arguments = "{}";
  call.blank = false;
  tell_arguments(call);
  call.ended = true;
  on_delta_(delta::CallEnd{call.number});
}

ModelReply ReplyBuilder::finish(std::optional<Finish> finish, OpenCalls open_calls) {
  const bool cut = finish == Finish::Length || open_calls == OpenCalls::AreCut;
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    Call& call = calls_[i];
    if (!call.ended && cut) call.cut = open_calls == OpenCalls::AreCut || !is_object(call.arguments);
    if (call.ended && finish == Finish::Length) call.cut = !is_object(call.arguments);
    if (!call.cut) end_call(i);
  }
  ModelReply reply;
  std::vector<const Call*> complete;
  for (const Call& call : calls_)
    if (call.ended && !call.cut) complete.push_back(&call);
  std::ranges::sort(complete, {}, &Call::number);
  for (const Call* call : complete) reply.calls.push_back({call->id, call->name, call->arguments});
  if (!reply.calls.empty()) strip_leaked_call(text_);
  reply.text = std::move(text_);
  reply.reasoning = std::move(reasoning_);
  // The word of the provider is corrected where its calls say otherwise: "stop" with calls, "tool_calls" without.
  reply.finish = finish.value_or(Finish::Stop);
  if (reply.finish == Finish::Stop && !reply.calls.empty()) reply.finish = Finish::ToolCalls;
  if (reply.finish == Finish::ToolCalls && reply.calls.empty()) reply.finish = Finish::Stop;
  return reply;
}

}  // namespace zo
