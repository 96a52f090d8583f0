// Chance. Secrets and ids come from the machine's generator; tests use a seeded one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace zo {

class Dice {
 public:
  virtual ~Dice() = default;
  virtual void fill(void* bytes, std::size_t count) = 0;

  // A number below `bound` (> 0), evenly.
  std::uint64_t below(std::uint64_t bound);
  // `bytes` of chance as lower-case base 32 without padding: 16 bytes make 26 characters.
  std::string secret(std::size_t bytes);
};

// libsodium's generator. Safe from every thread.
class SystemDice final : public Dice {
 public:
  SystemDice();
  void fill(void* bytes, std::size_t count) override;
};

// The same numbers for the same seed. Not for secrets.
class SeededDice final : public Dice {
 public:
  explicit SeededDice(std::uint64_t seed) : state_(seed) {}
  void fill(void* bytes, std::size_t count) override;

 private:
  std::uint64_t state_;
};

}  // namespace zo
