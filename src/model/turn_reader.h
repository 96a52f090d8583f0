// Reads the one JSON object that a small model writes as its turn (schema_turn.h), while it arrives: the text of a reply is told
// piece by piece, a call with its arguments as it grows. A call that only repeats the last one is not told at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/provider.h"

namespace zo {

class TurnReader {
 public:
  // `again`: the call that the model must not repeat, as it would write it; empty = none.
  TurnReader(OnDelta on_delta, std::string call_id, std::string again)
      : on_delta_(std::move(on_delta)), call_{.id = std::move(call_id)}, again_(std::move(again)) {}

  // Bytes cut anywhere. What is told is always whole code points.
  void feed(std::string_view bytes);

  bool whole() const { return at_ == At::Done; }
  bool broken() const { return at_ == At::Broken; }
  bool repeats() const { return whole() && may_repeat_; }
  // The reply as far as it came; empty when the turn is a call.
  const std::string& text() const { return text_; }
  bool is_call() const { return !call_.name.empty(); }
  // The call; its arguments are complete once whole().
  const ModelCall& call() const { return call_; }

 private:
  enum class At { Brace, NameQuote, Name, Colon, Value, Text, Escape, Hex, Arguments, End, Done, Broken };

  void take(char c);
  void expect(char c, char wanted, At next) { at_ = c == wanted ? next : At::Broken; }
  void take_text(char c);
  void take_escape(char c);
  void take_hex(char c);
  void take_unit();
  void take_argument(char c);
  void end_half();
  void watch_for_repetition(std::string_view bytes);
  void tell_text();
  void tell_call();

  OnDelta on_delta_;
  ModelCall call_;
  std::string again_;
  At at_ = At::Brace;
  std::string name_;
  std::string text_;
  std::size_t told_ = 0;        // bytes of the text, or of the arguments
  bool started_ = false;        // the call has been told
  bool ended_ = false;          // its end as well
  std::size_t seen_ = 0;        // bytes in all
  bool may_repeat_ = true;      // all bytes so far are those of again_
  unsigned unit_ = 0;           // of an \uXXXX
  int digits_ = 0;
  unsigned half_ = 0;           // the first half of a surrogate pair
  int depth_ = 0;               // of the arguments
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace zo
