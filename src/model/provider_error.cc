#include "model/provider_error.h"

#include <fmt/core.h>

#include <array>
#include <boost/json.hpp>
#include <span>

#include "base/text.h"
#include "model/retry.h"
#include "model/window.h"
#include "model/wire_json.h"

namespace zo {
namespace {

constexpr std::size_t kComplaintShown = 300;  // bytes of a provider's own words in our error

enum class Advice { None, Key, Credit, Shorter, Model };

// The first row that matches decides. `words` match the type or the code exactly, `phrases` anywhere in the message.
struct Row {
  std::array<int, 4> statuses;
  std::array<std::string_view, 4> words;
  std::array<std::string_view, 5> phrases;
  Code code;
  std::string_view says;
  Advice advice;
  bool about_model;  // the model, not the provider, is the subject of the sentence
};

constexpr Row kTooLong{{}, {"context_length_exceeded", "model_context_window_exceeded", "exceed_context_size_error"}, {}, Code::Exhausted, ": context too long", Advice::Shorter, true};

constexpr std::array kRows = {
    Row{{402}, {"insufficient_quota", "billing_error", "billing_hard_limit_reached"}, {"credit balance is too low"},
        Code::Exhausted, " has no credit left", Advice::Credit, false},
    Row{{401}, {"authentication_error", "invalid_api_key"}, {}, Code::Denied, " refused the key", Advice::Key, false},
    Row{{403}, {"permission_error"}, {}, Code::Denied, " does not allow this", Advice::None, true},
    Row{{404}, {"not_found_error", "model_not_found"}, {}, Code::NotFound, " is not known there", Advice::Model, true},
    Row{{413}, {"request_too_large"}, {}, Code::Exhausted, ": the request is too large", Advice::Shorter, true},
    Row{{429}, {"rate_limit_error", "rate_limit_exceeded", "too_many_requests"}, {},
        Code::RateLimited, " asks for slower requests", Advice::None, false},
    Row{{503, 529}, {"overloaded_error", "server_overloaded"}, {}, Code::Unavailable, " is overloaded", Advice::None, false},
    Row{{408, 425, 504}, {"timeout_error"}, {}, Code::Unavailable, " took too long", Advice::None, false},
    Row{{409}, {"conflict_error"}, {}, Code::Unavailable, " is busy with a conflicting request", Advice::None, false},
    Row{{}, {"api_error", "server_error", "internal_server_error"}, {}, Code::Unavailable, " failed", Advice::None, false},
    Row{{}, {"invalid_request_error", "tool_use_failed"}, {}, Code::Invalid, " refused the request", Advice::None, true},
};

template <class List, class Item>
bool holds(const List& list, const Item& item) {
  return item != Item{} && std::ranges::find(list, item) != list.end();
}

bool matches(const Row& row, const Complaint& complaint, const std::string& message) {
  if (holds(row.statuses, complaint.status)) return true;
  if (holds(row.words, std::string_view(complaint.type)) || holds(row.words, std::string_view(complaint.code))) return true;
  return std::ranges::any_of(row.phrases, [&](std::string_view phrase) {
    return !phrase.empty() && message.find(phrase) != std::string::npos;
  });
}

// What no row names goes by the class of the status; an error without one is the provider's own failure.
Row by_class(int status) {
  if (status >= 300 && status < 400)
    return {{}, {}, {}, Code::Invalid, " sent us to another address, which is not followed", Advice::Model, false};
  if (status >= 400 && status < 500) return {{}, {}, {}, Code::Invalid, " refused the request", Advice::None, true};
  return {{}, {}, {}, Code::Unavailable, " failed", Advice::None, false};
}

std::string advise(Advice advice, const Speaker& speaker) {
  switch (advice) {
    case Advice::None: return {};
    case Advice::Key:
      return speaker.key_advice;
    case Advice::Credit: return "add credit at the provider, or choose another model: zo model use NAME";
    case Advice::Shorter: return "start a new conversation, or choose a model with a larger context";
    case Advice::Model:
      if (speaker.base_variable.empty()) return "zo model list";
      return fmt::format("zo model list; check {}, it usually ends in /v1", speaker.base_variable);
  }
  ZO_CHECK(false);
}

// "code" comes as text or as a number, which is then the status.
void read_code(const Json& error, Complaint& complaint) {
  if (auto text = string_at(error, "code")) complaint.code = *text;
  for (std::string_view field : {"code", "status_code", "status"})
    if (auto number = integer_at(error, field); number && *number >= 100 && *number < 600 && complaint.status < 400)
      complaint.status = static_cast<int>(*number);
}

std::string first_text(const Json& value, std::initializer_list<std::string_view> names) {
  for (std::string_view name : names)
    if (const Json* member = find(value, name))
      return member->is_string() ? std::string(std::string_view(member->get_string())) : to_text(*member);
  return {};
}

// FastAPI's list, without what it repeats of the request.
std::string details_text(const JsonArray& details) {
  std::string text;
  for (const Json& detail : details) {
    const std::string said = text_at(detail, "msg");
    if (said.empty()) continue;
    if (!text.empty()) text += "; ";
    if (const JsonArray* place = array_at(detail, "loc"))
      for (const Json& part : *place) text += (part.is_string() ? std::string(std::string_view(part.get_string())) : to_text(part)) + (&part == &place->back() ? ": " : ".");
    text += said;
  }
  return text;
}

bool looks_like_a_key(std::string_view word) {
  if (word.find("**") != std::string_view::npos) return true;
  return std::ranges::any_of(std::array<std::string_view, 5>{"sk-", "sk_", "gsk_", "tgp_", "AIza"}, [&](std::string_view head) {
    return word.size() >= head.size() + 8 && word.find(head) != std::string_view::npos;
  });
}

}  // namespace

Complaint read_complaint(int status, const Json& body) {
  Complaint complaint{.status = status};
  const Json* error = find(body, "error");
  if (error != nullptr && error->is_string()) {
    complaint.message = std::string_view(error->get_string());
    return complaint;
  }
  const Json& inner = error != nullptr ? *error : body;
  complaint.type = string_at(inner, "type").value_or("");
  if (const JsonArray* details = array_at(inner, "detail")) complaint.message = details_text(*details);
  if (complaint.message.empty()) complaint.message = first_text(inner, {"message", "detail", "error_description"});
  if (complaint.message.empty()) complaint.message = to_text(inner);
  read_code(inner, complaint);
  complaint.window = integer_at(inner, "n_ctx").value_or(0);
  complaint.retry_ms = wait_in_words(complaint.message);
  if (const JsonArray* details = array_at(inner, "details"))
    for (const Json& detail : *details)
      if (const auto delay = string_at(detail, "retryDelay")) complaint.retry_ms = duration_ms(*delay);
  return complaint;
}

Complaint read_complaint(int status, std::string_view body) {
  const auto json = parse_wire_json(body, "the error");
  if (json && json->is_object()) return read_complaint(status, *json);
  if (json && json->is_array() && !json->get_array().empty()) return read_complaint(status, json->get_array().front());
  return Complaint{.status = status, .message = to_valid_utf8(body.substr(0, 4 * kComplaintShown))};
}

bool is_too_long(const Complaint& complaint) {
  if (complaint.status == 413) return true;
  if (complaint.status == 429 || complaint.status >= 500) return false;
  const std::array<std::string_view, 2> both{complaint.code, complaint.type};
  return std::ranges::any_of(both, [](std::string_view word) { return holds(kTooLong.words, word); }) || says_too_long(to_lower(utf8_prefix(complaint.message, kComplaintRead)));
}

Error to_error(const Complaint& complaint, const Speaker& speaker) {
  const std::string message = to_lower(complaint.message);
  const bool too_long = is_too_long(complaint);
  Row row = too_long ? kTooLong : by_class(complaint.status);
  for (const Row& candidate : std::span(kRows).first(too_long ? 0 : kRows.size()))
    if (matches(candidate, complaint, message)) {
      row = candidate;
      break;
    }
  std::string text = (row.about_model ? speaker.name() : speaker.provider) + std::string(row.says);
  if (complaint.status != 0) text += fmt::format(" ({})", complaint.status);
  if (const std::string words = one_line(complaint.message, kComplaintShown); !words.empty()) text += ": " + words;
  return Error{row.code, std::move(text), advise(row.advice, speaker)};
}

Error truncated(const Speaker& speaker) {
  return Error{Code::Unavailable, speaker.name() + " stopped in the middle of its answer (stream_truncated)", "ask again"};
}

Error broken_off(const Speaker& speaker, std::string_view word) {
  return Error{Code::Unavailable, fmt::format("{} broke off its answer ({})", speaker.name(), one_line(word, 40)), "ask again"};
}

Error unreadable(const Speaker& speaker, std::string_view why) {
  return Error{Code::Corrupt, fmt::format("{} sent what is not an answer: {}", speaker.name(), one_line(why, kComplaintShown)),
               speaker.base_variable.empty() ? "" : "check " + speaker.base_variable};
}

Error too_long(const Speaker& speaker) {
  return Error{Code::Exhausted, fmt::format("{} sent more than {} MiB in one answer", speaker.name(),
                                            limits::kReplyBytes / limits::MiB), {}};
}

std::string without_key(std::string_view text, std::string_view key) {
  constexpr std::string_view kMask = "[key]";
  std::string out;
  while (!text.empty()) {
    if (key.size() >= 4 && text.starts_with(key)) {
      out += kMask;
      text.remove_prefix(key.size());
      continue;
    }
    out.push_back(text.front());
    text.remove_prefix(1);
  }
  std::string masked;
  for (std::string_view word : split(out, ' ')) {
    if (!masked.empty() || word.data() != out.data()) masked += ' ';
    masked += looks_like_a_key(word) ? kMask : word;
  }
  return masked;
}

}  // namespace zo
