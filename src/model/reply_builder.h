// Puts an answer together from the pieces that a provider sends, and tells the reader of each piece in one canonical order:
// a call starts once its name is known, before its arguments, with indexes 0, 1, 2 …; its end is told when it is complete.
// The deltas of a complete call add up to its arguments. Providers differ in how they mark which call a piece belongs to;
// the rules for that live here, once, for every dialect.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_extent.h"
#include "model/model.h"
#include "model/provider.h"
#include "model/wire_json.h"

namespace zo {

// A piece of a tool call; what the provider left out is empty.
struct CallPart {
  std::optional<std::int64_t> index;  // the provider's
  std::string_view id;
  std::string_view name;
  std::string_view arguments;  // a fragment of JSON text
};

class ReplyBuilder {
 public:
  // `offered`: the tools, by which the names of calls are known in whatever form they come. They outlive it.
  explicit ReplyBuilder(OnDelta on_delta, std::span<const OfferedTool> offered = {}) : on_delta_(std::move(on_delta)), offered_(offered) {}

  void text(std::string_view piece);
  void reasoning(std::string_view piece);
  // All text so far was thinking, which nobody had marked.
  void text_was_reasoning();
  // The other way round: the thinking was all there is, and is the answer.
  void reasoning_was_text();
  bool has_text() const { return !text_.empty(); }
  // Returns the position of the call it belonged to, for call_id() and end_call().
  std::size_t call(const CallPart& part);
  // The provider said that this call is complete.
  void end_call(std::size_t position);

  // Counts bytes that are kept elsewhere for this answer (opaque fields); all together are bounded by limits::kReplyBytes.
  void count(std::size_t bytes) { bytes_ += bytes; }
  bool too_long() const;
  // There are calls, and none of them is cut: the answer may end here, whether or not its provider says so.
  bool all_calls_whole() const;
  // Among the calls so far.
  bool has_call(const ModelCall& call) const;

  enum class OpenCalls {
    AreComplete,  // the dialect has no end of a call; the end of the answer ends them all
    AreCut,       // the dialect ends each call; what is open was cut off
  };
  // `finish` is nothing when the provider never said. id, model, usage and opaque are the caller's to fill in.
  // Invalid arguments are kept, unless the answer was cut: whoever runs the tool reports them to the model.
  ModelReply finish(std::optional<Finish> finish, OpenCalls open_calls);
  // The id as it stands in the reply and in the deltas; after finish(). Empty for what is no call.
  const std::string& call_id(std::size_t position) const { return calls_[position].id; }

 private:
  struct Call {
    std::optional<std::int64_t> index;  // the provider's
    std::string id;
    std::string name;
    std::string arguments;
    std::size_t told = 0;  // bytes of arguments that the reader knows
    bool blank = true;     // nothing but white space so far
    JsonExtent extent;     // of the arguments
    PieceJoiner joiner = {};
    int number = -1;       // ours, once started
    bool ended = false;
    bool cut = false;
    bool may_be_nothing = false;  // it began with the name of the one before, and nothing else

    // The name of the call before, said once more with nothing behind it: no call.
    bool is_nothing() const { return may_be_nothing && blank && number < 0; }
  };

  std::size_t position_of(const CallPart& part) const;
  void add_arguments(Call& call, std::string_view piece);
  bool id_taken(std::string_view id) const;
  void start_up_to(std::size_t position);
  void start(Call& call);
  void tell_arguments(Call& call);

  OnDelta on_delta_;
  std::span<const OfferedTool> offered_;
  PieceJoiner text_joiner_;
  PieceJoiner reasoning_joiner_;
  std::string text_;
  std::string reasoning_;
  std::vector<Call> calls_;
  int started_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace zo
