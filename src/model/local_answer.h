// One question to the embedded model's server, and what it writes.
#pragma once

#include "model/local_runtime.h"
#include "model/provider.h"
#include "model/provider_error.h"

namespace zo {

class LocalAnswer {
 public:
  // `runtime` is ready for this model, and stays so while this lives.
  LocalAnswer(Clock& clock, HttpClient& http, LocalRuntime& runtime, std::string model, OnDelta on_delta);

  Task<Result<ModelReply>> ask(std::string body);

  // A piece of the answer has been told.
  bool shown() const { return shown_; }
  // The connection broke, or what came over it made no sense: the process may be at fault.
  bool transport_failed() const { return transport_failed_; }
  // Tokens a second while it wrote; 0 when it wrote too little to tell.
  double speed() const { return speed_; }

 private:
  Task<Result<ModelReply>> read(HttpAnswer& answer);
  void note_speed(std::int64_t tokens, std::int64_t begin, std::int64_t end);

  Clock& clock_;
  HttpClient& http_;
  LocalRuntime& runtime_;
  OnDelta on_delta_;
  Speaker speaker_;
  bool shown_ = false;
  bool transport_failed_ = false;
  double speed_ = 0;
};

}  // namespace zo
