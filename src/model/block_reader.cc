#include "model/block_reader.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace zo {
namespace {

// As it stands within a JSON string.
std::string escaped(std::string_view text) {
  const std::string quoted = to_text(Json(text));
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

void BlockReader::feed(std::string_view bytes) {
  if (at_ == At::Done || at_ == At::Broken) return;
  text_ += bytes;
  if (at_ == At::Begin && !kFence.starts_with(std::string_view(text_).substr(0, kFence.size()))) at_ = At::Reply;
  if (at_ == At::Begin && text_.size() >= kFence.size()) at_ = At::FirstLine;
  if (at_ == At::Reply) return tell_reply();
  for (std::size_t end = 0; at_ == At::FirstLine || at_ == At::Body; read_ = end + 1) {
    const std::string_view rest = std::string_view(text_).substr(read_);
    // The fence that ends a block ends the turn, too: no line end follows.
    if (at_ == At::Body && rest == kFence) return take_body(kFence);
    end = text_.find('\n', read_);
    if (end == std::string::npos) break;
    take_line(rest.substr(0, end - read_));
  }
  tell_call();
}

void BlockReader::take_line(std::string_view line) { at_ == At::FirstLine ? take_first(line) : take_body(line); }

void BlockReader::take_first(std::string_view line) {
  line.remove_prefix(kFence.size());
  const std::size_t space = std::min(line.find(' '), line.size());
  const auto form = std::ranges::find_if(forms_, [&](const CallForm& one) { return one.block.word == line.substr(0, space); });
  if (form == forms_.end()) {
    at_ = At::Broken;
    return;
  }
  form_ = &*form;
  at_ = At::Body;
  call_.name = form_->tool;
  if (form_->json) return;
  const ToolBlock& block = form_->block;
  const std::string_view head = trim(line.substr(space));
  call_.arguments = "{";
  if (!block.head.empty() && !head.empty()) call_.arguments += to_text(Json(block.head)) + ":" + to_text(Json(head)) + ",";
  call_.arguments += to_text(Json(block.body)) + ":\"" + escaped(block.before);
}

void BlockReader::take_body(std::string_view line) {
  if (line != kFence) {
    const std::string_view end_of_last = body_begun_ ? "\n" : "";
    call_.arguments += form_->json ? std::string(line) : escaped(std::string(end_of_last) + std::string(line));
    body_begun_ = true;
    return;
  }
  if (!form_->json) call_.arguments += (body_begun_ ? escaped(form_->block.after) : std::string()) + "\"}";
  at_ = At::Done;
  tell_call();
}

void BlockReader::tell_reply() {
  const std::size_t end = whole_code_points(text_).size();
  if (end > told_) on_delta_(delta::Text{text_.substr(told_, end - told_)});
  told_ = std::max(told_, end);
}

void BlockReader::tell_call() {
  if (!is_call() || std::string_view(again_).starts_with(text_)) return;
  if (!started_) on_delta_(delta::CallStart{0, call_.id, call_.name});
  started_ = true;
  if (call_.arguments.size() > told_) on_delta_(delta::CallArguments{0, call_.arguments.substr(told_)});
  told_ = call_.arguments.size();
  if (at_ == At::Done) on_delta_(delta::CallEnd{0});
}

}  // namespace zo
