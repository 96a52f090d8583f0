// One answer of a model without the secrets that it may hold: a provider can say our key back, and a model what it was told.
#pragma once

#include <map>
#include <memory>

#include "model/provider.h"
#include "vault/redact.h"

namespace zo {

class RedactedAnswer {
 public:
  RedactedAnswer(std::shared_ptr<const Redactor> redactor, OnDelta on_delta);

  // In place of `on_delta`: what may be the beginning of a secret is told with what comes after it.
  void take(Delta delta);
  // The whole of it; after the last delta.
  Result<ModelReply> whole(Result<ModelReply> reply);

 private:
  void let_go();

  std::shared_ptr<const Redactor> redactor_;
  OnDelta on_delta_;
  RedactedStream text_;
  RedactedStream reasoning_;
  std::map<int, RedactedStream> arguments_;  // of the calls that are not complete
};

}  // namespace zo
