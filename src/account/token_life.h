// The life of a token in this process, shared by everybody who was let in with it: its end cuts what goes on in the token's name, and
// lets nothing more begin.
#pragma once

#include <functional>
#include <list>
#include <memory>

#include "async/condition.h"

namespace zo {

class TokenUse;

class TokenLife {
 public:
  explicit TokenLife(const Executor& executor) : used_less_(executor) {}

  bool over() const { return over_; }
  // Cuts every use. Nothing waits in between, so from this call on the token does nothing.
  void end();
  // Resumes when no use goes on.
  Task<void> unused();

 private:
  friend class TokenUse;

  bool over_ = false;
  std::list<TokenUse*> uses_;
  Condition used_less_;
};

// One use of a token, for as long as it goes on.
class TokenUse {
 public:
  // `cut` is called, once, when the life ends. Without a life nobody ends it.
  TokenUse(std::shared_ptr<TokenLife> life, std::function<void()> cut);
  ~TokenUse();
  TokenUse(const TokenUse&) = delete;
  TokenUse& operator=(const TokenUse&) = delete;

 private:
  friend class TokenLife;

  std::shared_ptr<TokenLife> life_;
  std::function<void()> cut_;  // none: it was called
  std::list<TokenUse*>::iterator place_;
};

}  // namespace zo
