#include "model/text_calls.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <optional>

#include "base/json_extent.h"
#include "base/text.h"
#include "model/wire_json.h"

namespace zo {
namespace {

constexpr std::string_view kMistral = "[TOOL_CALLS]";
constexpr std::string_view kDeepSeek = "<｜tool▁calls▁begin｜>";
constexpr std::string_view kDeepSeekEnd = "<｜tool▁calls▁end｜>";
constexpr std::string_view kFunction = "<function=";
constexpr std::string_view kFunctionEnd = "</function>";

// A notation whose inside is JSON. Without `closing` it ends with its JSON.
struct Mark {
  std::string_view opening;
  std::string_view closing;
  bool at_start = false;  // counts at the beginning of an answer alone
};
constexpr std::array kMarks = {
    Mark{"<tool_call>", "</tool_call>"},
    Mark{"<function_call>", "</function_call>"},
    Mark{"<|tool_call|>", ""},
    Mark{"<|python_tag|>", ""},
    Mark{kMistral, ""},
    Mark{kFunction, kFunctionEnd},
    Mark{kDeepSeek, kDeepSeekEnd},
    Mark{"```tool_call", "```"},
    Mark{"{", "", true},
};
constexpr std::size_t kLineKept = 4'096;  // bytes of a line that are looked at for a fence
constexpr std::size_t kIndentMost = 3;    // of a mark; what stands further in is code
constexpr std::string_view kParameter = "<parameter=";
constexpr std::string_view kParameterEnd = "</parameter>";
constexpr std::string_view kMistralArgs = "[ARGS]";
constexpr std::string_view kDeepSeekCall = "<｜tool▁call▁begin｜>";
constexpr std::string_view kDeepSeekCallEnd = "<｜tool▁call▁end｜>";
constexpr std::string_view kDeepSeekSep = "<｜tool▁sep｜>";
constexpr std::size_t kNameBytes = 128;
constexpr std::size_t kHeldMost = 256 * limits::KiB;  // more is a text

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// What stands before `end`, which is taken, too; nothing where there is none.
std::optional<std::string_view> take_to(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  if (at == text.npos) return std::nullopt;
  const std::string_view before = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return before;
}

// The same for an end that models leave out at the end of an answer; but not where that was cut off.
std::optional<std::string_view> take_to_end(std::string_view& text, std::string_view end, bool cut) {
  if (const auto before = take_to(text, end); before || cut) return before;
  return std::exchange(text, {});
}

std::optional<std::string_view> take_object(std::string_view& text) {
  text = trim(text);
  if (!text.starts_with('{')) return std::nullopt;
  JsonExtent extent;
  for (std::size_t i = 0; i < text.size(); ++i) {
    extent.feed(text.substr(i, 1));
    if (!extent.whole()) continue;
    const std::string_view object = text.substr(0, i + 1);
    text.remove_prefix(i + 1);
    return object;
  }
  return std::nullopt;
}

std::string arguments_text(const Json& arguments) {
  return arguments.is_string() ? std::string(std::string_view(arguments.get_string())) : to_text(arguments);
}

constexpr std::array<std::string_view, 5> kOfCall = {"name", "arguments", "parameters", "id", "type"};

// {"name": …, "arguments": {…}}, or "parameters"; nothing else in it but what servers add.
std::optional<ModelCall> call_of(const Json& value) {
  const JsonObject* object = value.if_object();
  if (object == nullptr) return std::nullopt;
  if (const Json* function = find(*object, "function"); function != nullptr && function->is_object()) return call_of(*function);
  const auto is_known = [](const auto& member) { return std::ranges::find(kOfCall, std::string_view(member.key())) != kOfCall.end(); };
  if (!std::ranges::all_of(*object, is_known)) return std::nullopt;
  const auto name = string_at(value, "name");
  const Json* arguments = find(*object, "arguments");
  if (arguments == nullptr) arguments = find(*object, "parameters");
  if (!name || arguments == nullptr) return std::nullopt;
  return ModelCall{"", std::string(*name), arguments_text(*arguments)};
}

// <parameter=NAME>VALUE</parameter> …: values are texts, and become what the schema says.
std::optional<std::string> parameters_text(std::string_view inside, const std::string& schema) {
  const Result<Json> known = parse_json(schema, "schema");
  const JsonObject* properties = known ? object_at(*known, "properties") : nullptr;
  JsonObject arguments;
  for (inside = trim(inside); !inside.empty(); inside = trim(inside)) {
    if (!take(inside, kParameter)) return std::nullopt;
    const auto given = take_to(inside, ">");
    const auto ended = given ? take_to(inside, kParameterEnd) : std::nullopt;
    if (!ended) return std::nullopt;
    const std::string name(trim(*given));
    std::string_view value = *ended;
    if (value.starts_with('\n')) value.remove_prefix(1);
    if (value.ends_with('\n')) value.remove_suffix(1);
    const Json* property = properties != nullptr ? find(*properties, name) : nullptr;
    const auto type = property != nullptr ? string_at(*property, "type") : std::nullopt;
    Result<Json> read = type && *type != "string" ? parse_wire_json(trim(value), "value") : Result<Json>(Json(value));
    arguments[name] = read ? std::move(*read) : Json(value);
  }
  return to_text(arguments);
}

// Reads the calls that a text consists of.
class CallReader {
 public:
  CallReader(std::span<const OfferedTool> tools, bool cut) : tools_(tools), cut_(cut) {}

  // None when there is anything else in it.
  std::vector<ModelCall> read(std::string_view text);

 private:
  bool add(std::optional<ModelCall> call);
  bool add_json(std::string_view json);
  bool add_function(std::string_view& rest);
  bool add_mistral(std::string_view& rest);
  bool add_deepseek(std::string_view& rest);
  bool add_marked(std::string_view& text);
  bool fits(const ModelCall& call) const;

  std::span<const OfferedTool> tools_;
  bool cut_;
  std::vector<ModelCall> calls_;
};

bool CallReader::add(std::optional<ModelCall> call) {
  if (!call) return false;
  call->name = offered_name(trim(call->name), tools_);
  const Result<Json> arguments = parse_wire_json(call->arguments, "arguments");
  if (!arguments || !arguments->is_object()) return false;
  call->arguments = to_valid_utf8(to_text(*arguments));
  calls_.push_back(std::move(*call));
  return fits(calls_.back());
}

bool CallReader::add_json(std::string_view json) {
  const Result<Json> value = parse_wire_json(trim(json), "the call");
  if (!value) return false;
  if (const JsonArray* several = value->if_array())
    return !several->empty() && std::ranges::all_of(*several, [&](const Json& one) { return add(call_of(one)); });
  return add(call_of(*value));
}

bool CallReader::add_function(std::string_view& rest) {
  const auto said = take_to(rest, ">");
  const auto inside = said ? take_to_end(rest, kFunctionEnd, cut_) : std::nullopt;
  if (!inside) return false;
  const std::string name = offered_name(trim(*said), tools_);
  const auto tool = std::ranges::find(tools_, name, &OfferedTool::name);
  if (tool == tools_.end()) return false;
  if (trim(*inside).starts_with('{')) return add(ModelCall{"", name, std::string(trim(*inside))});
  std::optional<std::string> arguments = parameters_text(*inside, tool->parameters);
  return arguments && add(ModelCall{"", name, std::move(*arguments)});
}

bool CallReader::add_mistral(std::string_view& rest) {
  rest = trim(rest);
  if (rest.starts_with('[')) return add_json(std::exchange(rest, {}));
  const std::size_t begin = rest.find('{');
  if (begin == rest.npos || begin > kNameBytes) return false;
  std::string_view name = trim(rest.substr(0, begin));
  if (name.ends_with(kMistralArgs)) name.remove_suffix(kMistralArgs.size());
  rest.remove_prefix(begin);
  const auto object = take_object(rest);
  return object && (name.empty() ? add_json(*object) : add(ModelCall{"", std::string(name), std::string(*object)}));
}

bool CallReader::add_deepseek(std::string_view& rest) {
  const auto all = take_to_end(rest, kDeepSeekEnd, cut_);
  if (!all) return false;
  std::string_view inside = trim(*all);
  for (; !inside.empty(); inside = trim(inside)) {
    const auto one = take(inside, kDeepSeekCall) ? take_to_end(inside, kDeepSeekCallEnd, cut_) : std::nullopt;
    if (!one) return false;
    std::string_view call = *one;
    auto name = take_to(call, kDeepSeekSep);
    if (name && *name == "function") name = take_to(call, "\n");
    if (!name || call.find('{') == call.npos) return false;
    call.remove_prefix(call.find('{'));
    const auto object = take_object(call);
    if (!object || !add(ModelCall{"", std::string(trim(*name)), std::string(*object)})) return false;
  }
  return true;
}

// One that is marked with what stands for JSON, or for a function, between an opening and a closing. Where nothing closes it, its JSON
// follows by itself.
bool CallReader::add_marked(std::string_view& text) {
  const auto* const mark = std::ranges::find_if(kMarks, [&](const Mark& one) { return text.starts_with(one.opening); });
  if (mark == kMarks.end()) return false;
  text.remove_prefix(mark->opening.size());
  if (mark->closing.empty()) return trim(text).starts_with('{');
  const auto inside = take_to_end(text, mark->closing, cut_);
  std::string_view rest = inside ? trim(*inside) : std::string_view();
  return inside && (take(rest, kFunction) ? add_function(rest) && trim(rest).empty() : add_json(rest));
}

std::vector<ModelCall> CallReader::read(std::string_view text) {
  for (text = trim(text); !text.empty(); text = trim(text)) {
    bool is_call = false;
    if (take(text, kFunction)) {
      is_call = add_function(text);
    } else if (take(text, kMistral)) {
      is_call = add_mistral(text);
    } else if (take(text, kDeepSeek)) {
      is_call = add_deepseek(text);
    } else if (text.starts_with('{')) {
      const auto object = take_object(text);
      is_call = object && add_json(*object);
    } else {
      is_call = add_marked(text);
    }
    if (!is_call) return {};
  }
  return std::move(calls_);
}

// A tool that was offered, with all that it needs and nothing that it does not know.
bool CallReader::fits(const ModelCall& call) const {
  const auto tool = std::ranges::find(tools_, call.name, &OfferedTool::name);
  if (tool == tools_.end()) return false;
  const Result<Json> schema = parse_json(tool->parameters, "schema");
  const Result<Json> arguments = parse_json(call.arguments, "arguments");
  if (!schema || !arguments || !arguments->is_object()) return false;
  if (const JsonArray* required = array_at(*schema, "required"))
    for (const Json& name : *required)
      if (name.is_string() && !arguments->get_object().contains(name.get_string())) return false;
  const JsonObject* properties = object_at(*schema, "properties");
  return properties == nullptr || std::ranges::all_of(arguments->get_object(), [&](const auto& member) { return properties->contains(member.key()); });
}

}  // namespace

std::string offered_name(std::string_view name, std::span<const OfferedTool> offered) {
  if (std::ranges::find(offered, name, &OfferedTool::name) != offered.end()) return std::string(name);
  std::string_view bare = name.substr(0, name.find("<|"));
  if (const std::size_t prefix = bare.find_last_of(".:/"); prefix != bare.npos) bare.remove_prefix(prefix + 1);
  const auto folded = [](std::string_view text) {
    std::string out = to_lower(trim(text));
    std::ranges::replace(out, '-', '_');
    return out;
  };
  const std::string wanted = folded(bare);
  const auto found = std::ranges::find_if(offered, [&](const OfferedTool& one) { return folded(one.name) == wanted; });
  return found != offered.end() ? found->name : std::string(name);
}

// On to the reader; what line and what code it leaves off in is followed.
void TextCalls::pass(std::size_t bytes, std::string& out) {
  std::string_view told = std::string_view(held_).substr(0, bytes);
  out += told;
  if (!trim(told).empty()) at_start_ = false;
  while (!told.empty()) {
    const std::size_t end = told.find('\n');
    const std::string_view line = told.substr(0, end);
    if (line_.size() < kLineKept) line_ += line;
    if (end != told.npos) {
      code_.line(line_);
      line_.clear();
    }
    line_start_ = end != told.npos || (line_start_ && trim(line).empty());
    told.remove_prefix(end == told.npos ? told.size() : end + 1);
  }
  held_.erase(0, bytes);
}

std::string TextCalls::feed(std::string_view piece) {
  if (is_off_) return std::string(piece);
  held_ += piece;
  std::string out;
  while (!holds_ && !held_.empty()) {
    const std::size_t end = held_.find('\n');
    const std::size_t line_end = end == held_.npos ? held_.size() : end + 1;
    if (!line_start_) {
      pass(line_end, out);
      continue;
    }
    const std::size_t first = held_.find_first_not_of(" \t\r\n");
    if (first == held_.npos) {
      if (!at_start_) pass(held_.size(), out);
      return out;
    }
    const std::string_view line = std::string_view(held_).substr(first);
    // A line that is far to the right is code, too.
    const std::size_t newline = held_.rfind('\n', first);
    const std::size_t indent = newline == held_.npos ? line_.size() + first : first - newline - 1;
    bool may_become_mark = false;
    for (const Mark& mark : kMarks) {
      if (code_.inside() || indent > kIndentMost || (mark.at_start && !at_start_)) continue;
      holds_ = holds_ || line.starts_with(mark.opening);
      may_become_mark = may_become_mark || mark.opening.starts_with(line);
    }
    if (holds_) {
      pass(first, out);
      return out;
    }
    if (may_become_mark) return out;
    const std::size_t its_end = held_.find('\n', first);
    pass(its_end == held_.npos ? held_.size() : its_end + 1, out);
  }
  if (held_.size() > kHeldMost) {
    is_off_ = true;
    out += std::exchange(held_, {});
  }
  return out;
}

std::string TextCalls::restart() {
  holds_ = false;
  code_ = {};
  line_.clear();
  at_start_ = line_start_ = true;
  return std::exchange(held_, {});
}

TextCalls::Rest TextCalls::finish(bool cut) {
  Rest rest{.text = std::exchange(held_, {}), .calls = {}};
  if (!holds_ || is_off_) return rest;
  rest.calls = CallReader(tools_, cut).read(rest.text);
  for (const Mark& mark : kMarks)
    if (!mark.at_start && rest.text.starts_with(mark.opening)) {
      const std::string_view inside = trim(std::string_view(rest.text).substr(mark.opening.size()));
      rest.is_notation = inside.empty() || inside.starts_with('{') || inside.starts_with('[') || inside.starts_with('<') || mark.opening == kFunction;
    }
  const bool names_a_tool = std::ranges::any_of(tools_, [&](const OfferedTool& tool) { return rest.text.find(tool.name) != rest.text.npos; });
  const bool may_be_call = rest.is_notation || (names_a_tool && (rest.text.starts_with(kMistral) || (rest.text.starts_with('{') && rest.text.find("\"name\"") != rest.text.npos)));
  rest.is_cut = cut && may_be_call && rest.calls.empty();
  return rest;
}

}  // namespace zo
