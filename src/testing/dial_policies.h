// Policies of dialling for tests: nobody dials, and everybody who says on whose errand.
#pragma once

#include "net/dial.h"

namespace zo {

class NobodyDials final : public DialPolicy {
 public:
  Task<Result<Passage>> admit(Dial) override { co_return fail(Code::Denied, "dialling out is switched off"); }
};

// To what the system's resolver says, or, once `addresses` is set, to those.
class EverybodyDials final : public DialPolicy {
 public:
  std::vector<IpAddress> addresses;
  std::vector<Dial> asked;
  std::vector<PassageEnd> ended;

  Task<Result<Passage>> admit(Dial dial) override {
    asked.push_back(dial);
    ZO_CO_TRY(Passage passage, passage_of(dial));
    passage.ended = [this](const PassageEnd& end) { ended.push_back(end); };
    co_return passage;
  }

 private:
  Result<Passage> passage_of(const Dial& dial) const {
    Passage passage{.port = dial.port};
    ZO_TRY(passage.host, canonical_host(dial.host));
    passage.addresses = addresses;
    if (passage.addresses.empty() && passage.host.number) passage.addresses = {*passage.host.number};
    else if (passage.addresses.empty()) {
      ZO_TRY(passage.addresses, resolve_host(passage.host.text));
    }
    return passage;
  }
};

}  // namespace zo
