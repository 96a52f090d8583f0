#include "sandbox/service.h"

#include "base/text.h"

namespace zo {
namespace {

// Shared with the read that is under way, so that a service may be dropped at any time.
struct Log {
  std::unique_ptr<Launched> launched;
  std::string tail;

  void add(std::string_view bytes) {
    tail += bytes;
    if (tail.size() > kServiceOutput) tail.erase(0, tail.size() - kServiceOutput);
  }
};

void drain(std::weak_ptr<Log> log) {
  const auto held = log.lock();
  if (!held) return;
  held->launched->output.read([log = std::move(log)](std::string_view bytes) {
    const auto still = log.lock();
    if (!still || bytes.empty()) return;
    still->add(bytes);
    drain(still);
  });
}

class Kept final : public SandboxedService {
 public:
  Kept(std::unique_ptr<Launched> launched, Fd input)
      : input_(std::move(input)), log_(std::make_shared<Log>(std::move(launched), "")) {
    drain(log_);
  }
  Task<int> wait() override { return log_->launched->process->wait(); }
  void kill() override { log_->launched->process->kill(); }
  std::string output_tail() const override { return std::string(utf8_suffix(to_valid_utf8(log_->tail), kServiceOutput)); }

 private:
  Fd input_;
  std::shared_ptr<Log> log_;
};

}  // namespace

std::unique_ptr<SandboxedService> keep_service(std::unique_ptr<Launched> launched, Fd input) {
  return std::make_unique<Kept>(std::move(launched), std::move(input));
}

}  // namespace zo
