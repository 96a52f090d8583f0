// A weights file of a few kilobytes that a test makes up: any shape, numbers by chance, all of it changeable before it is written.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace zo {

struct MadeUpModel {
  std::int32_t hidden = 32, layers = 1, heads = 2, feed_forward = 64, vocabulary = 48, positions = 64, types = 2;
  float epsilon = 1e-12f;
  std::uint16_t scale = 0x2400;  // half precision: 1/64
  float weight = 0.5f;           // the largest
  std::uint64_t seed = 1;
  std::vector<std::pair<std::string, float>> pieces{
      {"<s>", 0}, {"<pad>", 0}, {"</s>", 0}, {"<unk>", 0}, {"\xE2\x96\x81", -3}, {"a", -4}, {"b", -4}, {"c", -4}, {"ab", -5},
      {"\xE2\x96\x81" "ab", -5}, {"bc", -6}, {"abc", -9}, {"\xC3\xA9", -5}, {"\xD9\x84", -6}, {"\xE2\x96\x81\xD9\x84", -6}, {"<mask>", 0}};
  std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> map{
      {0x09, {0x20}}, {0x0A, {0x20}}, {0x7F, {}}, {0x41, {0x61}}, {0xFDFA, std::vector<std::uint32_t>(18, 0x644)}, {0xFFFD, {0x20}}};
  std::map<std::string, std::string> instead;  // bytes of a tensor by its name
  std::string without;                         // a tensor that is left out

  std::string bytes() const {
    std::string out = "E5S1";
    number<std::uint32_t>(out, 1);
    for (const std::int32_t value : {hidden, layers, heads, feed_forward, vocabulary, positions, types}) number(out, value);
    number(out, epsilon);
    for (const std::int32_t value : {32, static_cast<std::int32_t>(pieces.size()), 0, 2, 1, 3}) number(out, value);
    vocabulary_to(out);
    directory_to(out);
    return out;
  }

 private:
  struct Tensor {
    std::string name;
    std::uint8_t type;
    std::size_t elements;
  };

  template <class Number>
  static void number(std::string& out, Number value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    out.append(raw, sizeof value);
  }

  void vocabulary_to(std::string& out) const {
    std::string texts, offsets, scores, entries;
    number<std::uint32_t>(offsets, 0);
    for (const auto& [text, score] : pieces) {
      texts += text;
      number(offsets, static_cast<std::uint32_t>(texts.size()));
      number(scores, score);
    }
    std::map<std::uint32_t, std::vector<std::uint32_t>> sorted(map.begin(), map.end());
    for (const auto& [from, to] : sorted) {
      number(entries, from);
      number(entries, static_cast<std::uint8_t>(to.size()));
      for (const std::uint32_t point : to) number(entries, point);
    }
    number(out, static_cast<std::uint64_t>(texts.size()));
    out += offsets + scores + texts;
    number(out, static_cast<std::int32_t>(sorted.size()));
    number(out, static_cast<std::uint32_t>(entries.size()));
    out += entries;
  }

  std::vector<Tensor> tensors() const {
    const auto size = [](std::int32_t value) { return static_cast<std::size_t>(value); };
    const std::size_t width = size(hidden), wide = size(feed_forward);
    std::vector<Tensor> out{{"emb.word", 1, size(vocabulary) * width}, {"emb.pos", 0, size(positions) * width},
                            {"emb.type", 0, size(types) * width}, {"emb.ln.w", 0, width}, {"emb.ln.b", 0, width}};
    for (std::int32_t i = 0; i < layers; ++i) {
      const std::string prefix = "l" + std::to_string(i) + ".";
      for (const char* name : {"q", "k", "v", "ao", "fi", "fo"}) {
        const bool in = name == std::string("fi");
        out.push_back({prefix + name + ".w", 1, width * (in || name == std::string("fo") ? wide : width)});
        out.push_back({prefix + name + ".b", 0, in ? wide : width});
      }
      for (const char* name : {"aln.w", "aln.b", "oln.w", "oln.b"}) out.push_back({prefix + name, 0, width});
    }
    return out;
  }

  std::string content(const Tensor& tensor, std::uint64_t& dice) const {
    if (const auto found = instead.find(tensor.name); found != instead.end()) return found->second;
    const auto next = [&dice] {
      dice = dice * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
      return static_cast<std::uint32_t>(dice >> 33);
    };
    std::string out;
    for (std::size_t i = 0; tensor.type == 0 && i < tensor.elements; ++i)
      number(out, weight * (static_cast<float>(next() % 2'001) / 1'000.0f - 1.0f));
    for (std::size_t i = 0; tensor.type == 1 && i < tensor.elements / 32; ++i) {
      number(out, scale);
      for (int n = 0; n < 16; ++n) number(out, static_cast<std::uint8_t>(next()));
    }
    return out;
  }

  void directory_to(std::string& out) const {
    std::vector<Tensor> all = tensors();
    std::erase_if(all, [this](const Tensor& tensor) { return tensor.name == without; });
    std::size_t data_at = out.size() + 4;
    for (const Tensor& tensor : all) data_at += 2 + tensor.name.size() + 21;
    std::string data;
    std::uint64_t dice = seed;
    number(out, static_cast<std::int32_t>(all.size()));
    for (const Tensor& tensor : all) {
      const std::string raw = content(tensor, dice);
      number(out, static_cast<std::uint16_t>(tensor.name.size()));
      out += tensor.name;
      number(out, tensor.type);
      number(out, static_cast<std::uint32_t>(tensor.elements));
      number(out, static_cast<std::uint64_t>(data_at + data.size()));
      number(out, static_cast<std::uint64_t>(raw.size()));
      data += raw;
    }
    out += data;
  }
};

}  // namespace zo
