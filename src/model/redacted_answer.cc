#include "model/redacted_answer.h"

namespace zo {

RedactedAnswer::RedactedAnswer(std::shared_ptr<const Redactor> redactor, OnDelta on_delta)
    : redactor_(std::move(redactor)), on_delta_(std::move(on_delta)), text_(redactor_), reasoning_(redactor_) {}

void RedactedAnswer::take(Delta delta) {
  if (auto* text = std::get_if<delta::Text>(&delta)) {
    if (std::string held = reasoning_.finish(); !held.empty()) on_delta_(delta::Reasoning{std::move(held)});
    if (std::string told = text_.push(text->text); !told.empty()) on_delta_(delta::Text{std::move(told)});
  } else if (auto* reasoning = std::get_if<delta::Reasoning>(&delta)) {
    if (std::string told = reasoning_.push(reasoning->text); !told.empty()) on_delta_(delta::Reasoning{std::move(told)});
  } else if (auto* arguments = std::get_if<delta::CallArguments>(&delta)) {
    RedactedStream& stream = arguments_.try_emplace(arguments->index, redactor_).first->second;
    if (std::string told = stream.push(arguments->text); !told.empty()) on_delta_(delta::CallArguments{arguments->index, std::move(told)});
  } else {
    let_go();
    if (const auto* end = std::get_if<delta::CallEnd>(&delta))
      if (const auto found = arguments_.find(end->index); found != arguments_.end()) {
        if (std::string held = found->second.finish(); !held.empty()) on_delta_(delta::CallArguments{end->index, std::move(held)});
        arguments_.erase(found);
      }
    if (auto* retrying = std::get_if<delta::Retrying>(&delta)) retrying->reason = redactor_->redact(retrying->reason);
    if (auto* start = std::get_if<delta::CallStart>(&delta)) start->name = redactor_->redact(start->name);
    on_delta_(std::move(delta));
  }
}

void RedactedAnswer::let_go() {
  if (std::string held = reasoning_.finish(); !held.empty()) on_delta_(delta::Reasoning{std::move(held)});
  if (std::string held = text_.finish(); !held.empty()) on_delta_(delta::Text{std::move(held)});
}

Result<ModelReply> RedactedAnswer::whole(Result<ModelReply> reply) {
  let_go();
  if (!reply) {
    reply.error().message = redactor_->redact(reply.error().message);
    return reply;
  }
  reply->text = redactor_->redact(reply->text);
  reply->reasoning = redactor_->redact(reply->reasoning);
  for (ModelCall& call : reply->calls) {
    call.arguments = redactor_->redact(call.arguments);
    call.name = redactor_->redact(call.name);
    call.id = redactor_->redact(call.id);
  }
  return reply;
}

}  // namespace zo
