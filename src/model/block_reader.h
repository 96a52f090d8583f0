// Reads what a small model writes as its turn (block_form.h), while it arrives: the text of an answer is told piece by piece, a call with
// its arguments line by line. A call that only repeats the last one is not told at all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/block_form.h"
#include "model/provider.h"

namespace zo {

class BlockReader {
 public:
  // `again`: the call that the model must not repeat, as it would write it; empty = none.
  BlockReader(std::vector<CallForm> forms, OnDelta on_delta, std::string call_id, std::string again)
      : forms_(std::move(forms)), on_delta_(std::move(on_delta)), call_{.id = std::move(call_id)}, again_(std::move(again)) {}

  // Bytes cut anywhere. What is told is always whole code points.
  void feed(std::string_view bytes);

  // All has come that was begun. A reply has no end of its own: it is whole as soon as there is a part of it.
  bool whole() const { return at_ == At::Done || (at_ == At::Reply && told_ == text_.size()); }
  bool repeats() const { return at_ == At::Done && text_ == again_; }
  // The reply as far as it came; empty when the turn is a call.
  std::string reply() const { return at_ == At::Reply ? text_ : std::string(); }
  bool is_call() const { return !call_.name.empty(); }
  // The call; its arguments are complete once whole().
  const ModelCall& call() const { return call_; }

 private:
  enum class At { Begin, FirstLine, Body, Reply, Done, Broken };

  void take_line(std::string_view line);
  void take_first(std::string_view line);
  void take_body(std::string_view line);
  void tell_reply();
  void tell_call();

  std::vector<CallForm> forms_;
  OnDelta on_delta_;
  ModelCall call_;
  std::string again_;
  At at_ = At::Begin;
  std::string text_;             // all that came
  std::size_t read_ = 0;         // of it, in lines
  const CallForm* form_ = nullptr;
  bool body_begun_ = false;
  std::size_t told_ = 0;         // bytes of the reply, or of the arguments
  bool started_ = false;         // the call has been told
};

}  // namespace zo
