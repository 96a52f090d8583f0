#include "embed/e5_model.h"

#include <algorithm>
#include <cmath>

namespace zo {

// What one text needs while it goes through the layers, row by row.
struct E5Model::Scratch {
  Scratch(const E5Shape& of, std::size_t tokens)
      : shape{tokens, of.hidden, of.heads},
        state(tokens * of.hidden), query(state.size()), key(state.size()), value(state.size()), mixed(state.size()),
        wide(tokens * of.feed_forward), attention(shape.scratch()) {}

  AttentionShape shape;
  std::vector<float> state, query, key, value, mixed, wide, attention;
  QuantisedRows rows;
};

E5Model::E5Model(E5File file, const Kernels& kernels) : file_(std::move(file)), kernels_(&kernels) {
  for (const E5Layer& layer : file_.layers())
    layers_.push_back({Panels::of(layer.query), Panels::of(layer.key), Panels::of(layer.value), Panels::of(layer.attention_out),
                       Panels::of(layer.feed_in), Panels::of(layer.feed_out), layer.attention_norm, layer.output_norm});
}

Result<std::unique_ptr<E5Model>> E5Model::open(const std::string& path, const Kernels& kernels) {
  ZO_TRY(E5File file, E5File::open(path));
  return of(std::move(file), kernels);
}

Result<std::unique_ptr<E5Model>> E5Model::of(E5File file, const Kernels& kernels) {
  if (file.shape().hidden != kEmbeddingDimensions)
    return fail(Code::Invalid, "the embedding model has " + std::to_string(file.shape().hidden) + " dimensions, needed are " +
                                   std::to_string(kEmbeddingDimensions));
  std::unique_ptr<E5Model> model(new E5Model(std::move(file), kernels));
  ZO_TRY(Pieces pieces, Pieces::of(model->file_.vocabulary()));
  model->pieces_ = std::make_unique<Pieces>(std::move(pieces));
  model->file_.release_pages();
  return model;
}

std::vector<std::uint32_t> E5Model::tokens(std::string_view text, Kind kind) const {
  std::string whole(kind == Kind::Query ? "query: " : "passage: ");
  whole += text.substr(0, limits::kEmbeddedInputBytes);
  return pieces_->encode(whole, std::min(kEmbeddingTokensMax, file_.shape().positions));
}

void E5Model::look_up(const std::vector<std::uint32_t>& tokens, Scratch& scratch) const {
  const std::size_t hidden = scratch.shape.hidden;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::span<float> row(scratch.state.data() + i * hidden, hidden);
    file_.word_row(tokens[i], row);
    for (std::size_t d = 0; d < hidden; ++d) row[d] += file_.positions()[i * hidden + d] + file_.types()[d];
  }
  kernels_->add_and_norm(scratch.state.data(), nullptr, tokens.size(), file_.embedding_norm(), file_.shape().epsilon);
}

void E5Model::run(const Layer& layer, Scratch& scratch) const {
  const std::size_t tokens = scratch.shape.tokens;
  const auto quantise = [&](const std::vector<float>& from) {
    scratch.rows.resize(tokens, from.size() / tokens);
    kernels_->quantise_rows(from.data(), scratch.rows);
  };
  const auto linear = [&](const Panels& weights, std::vector<float>& to) { kernels_->linear(weights, scratch.rows, to.data()); };
  const auto add_and_norm = [&](const std::vector<float>& added, const E5Norm& norm) {
    kernels_->add_and_norm(scratch.state.data(), added.data(), tokens, norm, file_.shape().epsilon);
  };
  quantise(scratch.state);
  linear(layer.query, scratch.query);
  linear(layer.key, scratch.key);
  linear(layer.value, scratch.value);
  kernels_->attention(scratch.shape, scratch.query.data(), scratch.key.data(), scratch.value.data(), scratch.mixed.data(),
                      scratch.attention.data());
  quantise(scratch.mixed);
  linear(layer.attention_out, scratch.query);
  add_and_norm(scratch.query, layer.attention_norm);
  quantise(scratch.state);
  linear(layer.feed_in, scratch.wide);
  kernels_->gelu(scratch.wide.data(), scratch.wide.size());
  quantise(scratch.wide);
  linear(layer.feed_out, scratch.query);
  add_and_norm(scratch.query, layer.output_norm);
}

Embedding E5Model::embed(std::string_view text, Kind kind) const {
  const std::vector<std::uint32_t> ids = tokens(text, kind);
  Scratch scratch(file_.shape(), ids.size());
  look_up(ids, scratch);
  for (const Layer& layer : layers_) run(layer, scratch);
  Embedding out{};
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (std::size_t d = 0; d < out.size(); ++d) out[d] += scratch.state[i * out.size() + d];
  // In double, so that a model of zeros or of huge numbers still ends in finite ones.
  double squares = 0;
  for (const float value : out) squares += static_cast<double>(value) * static_cast<double>(value);
  const double inverse = squares > 0 ? 1 / std::sqrt(squares) : 0;
  for (float& value : out) value = static_cast<float>(static_cast<double>(value) * inverse);
  return out;
}

}  // namespace zo
