// Reads an E5S1 file from front to back, checking as it goes. The format and the promises stand in e5_file.h.
#pragma once

#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>

#include "embed/e5_file.h"

namespace zo {

class E5Reader {
 public:
  E5Reader(std::string_view bytes, std::string_view name) : bytes_(bytes), rest_(bytes), name_(name) {}

  Result<> read_all(E5File& file);

 private:
  struct Tensor {
    std::uint8_t type = 0;
    std::uint32_t elements = 0;
    std::string_view bytes;
  };

  Result<> read_shape();
  Result<> check_shape();
  Result<> read_pieces();
  Result<> check_pieces();
  Result<> read_map();
  Result<> read_mapping(std::string_view& entries);
  Result<> read_directory();
  Result<> read_embeddings(E5File& file);
  Result<> read_layer(std::size_t index);

  Result<std::vector<float>> floats(const std::string& name, std::size_t count);
  Result<E5Matrix> matrix(const std::string& name, std::size_t rows, std::size_t columns);
  Result<E5Linear> linear(const std::string& name, std::size_t rows, std::size_t columns);
  Result<E5Norm> norm(const std::string& name);
  Result<Tensor> tensor(const std::string& name, std::uint8_t type, std::size_t elements, std::size_t bytes);

  std::unexpected<Error> wrong(std::string what) const;
  Result<std::string_view> take(std::string_view& from, std::uint64_t count, std::string_view what);
  template <class Number>
  Result<Number> number(std::string_view& from, std::string_view what) {
    static_assert(std::is_arithmetic_v<Number>);
    ZO_TRY(const std::string_view raw, take(from, sizeof(Number), what));
    Number value;
    std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }
  // An i32 from `least` to `most`.
  Result<std::size_t> count(std::size_t least, std::size_t most, std::string_view what);

  std::string_view bytes_, rest_;
  std::string name_;
  E5Shape shape_;
  E5Vocabulary vocabulary_;
  std::map<std::string, Tensor, std::less<>> tensors_;
  std::vector<E5Layer> layers_;
};

}  // namespace zo
