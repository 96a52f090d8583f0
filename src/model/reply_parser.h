// One answer of a provider, read event by event: the part that every dialect shares.
#pragma once

#include <string_view>

#include "model/model.h"
#include "model/provider_error.h"
#include "net/sse.h"

namespace zo {

class ReplyParser {
 public:
  virtual ~ReplyParser() = default;
  // An error ends the answer; what was told before it stands.
  virtual Result<> feed(const SseEvent& event) = 0;
  // An answer that came as one JSON document, not as a stream.
  virtual Result<> feed_whole(std::string_view json) = 0;
  // The provider said that nothing more will come.
  virtual bool ended() const = 0;
  // The model is done: what may still come is how much it has used.
  virtual bool is_done() const = 0;
  // At the end of the bytes, once. Unavailable ("stream_truncated") when the answer was cut off: with a clean end of the body, whole calls
  // are none.
  enum class Body { Ended, Broke };
  virtual Result<ModelReply> finish(Body body) = 0;

  // What the provider complained of in the middle of an answer, where it did.
  const Complaint& complaint() const { return complaint_; }

 protected:
  std::unexpected<Error> refused(Complaint complaint, const Speaker& speaker) {
    complaint_ = std::move(complaint);
    return std::unexpected(to_error(complaint_, speaker));
  }

 private:
  Complaint complaint_;
};

}  // namespace zo
