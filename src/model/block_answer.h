// One answer of a model that calls tools by blocks (block_turn.h), whoever provides it: one question, or a second one when the first
// turn only repeated a call, or when the answer has to take a given form.
#pragma once

#include "model/block_turn.h"
#include "model/provider.h"
#include "model/provider_error.h"

namespace zo {

class BlockAnswer {
 public:
  BlockAnswer(Provider& provider, const ModelRequest& request, OnDelta on_delta);

  Task<Result<ModelReply>> give();

 private:
  Task<Result<ModelReply>> take_turn(Turn turn);
  Task<Result<ModelReply>> ask(Turn turn, OnDelta on_delta, std::string_view draft = {});

  Provider& provider_;
  const ModelRequest& request_;
  OnDelta on_delta_;
  Speaker speaker_;
  Usage usage_;
  bool repeated_ = false;
};

}  // namespace zo
