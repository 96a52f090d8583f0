#include "agent/review.h"

#include <algorithm>
#include <boost/container_hash/hash.hpp>
#include <cctype>
#include <set>
#include <tuple>
#include <utility>

#include "base/shown.h"
#include "base/text.h"

namespace zo {
namespace {

constexpr std::size_t kQuestionBytes = 4'096;  // of which the beginning is looked at
constexpr std::size_t kReplyBytes = 200;
constexpr std::size_t kFilesMost = 4;
constexpr std::size_t kQuotedBytes = 100;
constexpr std::size_t kFoundBytes = 800;
constexpr std::ptrdiff_t kFoundLines = 20;

// Words that ask for something to be made, and those that begin a question, in the languages that are spoken to small models most.
constexpr std::string_view kMake[]{
    "write", "make", "create", "save", "convert", "pack", "build", "generate", "put", "export", "produce", "store", "extract",
    "schreibe", "schreib", "erstelle", "erzeuge", "speichere", "packe", "mache",
    "écris", "ecris", "crée", "cree", "enregistre", "fais",
    "escribe", "crea", "guarda", "haz", "genera",
    "scrivi", "salva", "fai", "escreva", "crie", "salve"};
constexpr std::string_view kAsk[]{"tell", "explain", "describe", "read", "how",  "what", "which", "who",   "when",  "why",    "where", "is",  "are", "does", "do", "did", "can", "show",
                                                "wie",  "was",  "welche", "wer",  "wann",  "warum",  "wo",    "ist", "zeige", "combien", "quel", "qué", "cuántos", "quanti"};
constexpr std::string_view kAct[]{
    "delete", "remove", "save", "convert", "pack", "extract", "rename", "move", "add", "append", "change",
    "set", "replace", "sort", "join", "merge", "put", "unpack", "tidy", "commit", "copy", "send", "update", "clean", "install",
    "lösche", "entferne", "speichere", "kopiere", "benenne", "verschiebe", "ändere", "supprime", "efface", "borra", "elimina", "cancella", "apague"};
constexpr std::string_view kTell[]{"list", "show", "print", "prints", "which", "find", "display", "liste", "zeige", "zeig", "welche", "welcher",
                                   "montre", "quels", "quelles", "muestra", "cuáles", "elenca", "mostra", "quali"};
constexpr std::string_view kEndings[]{"py", "sh", "txt", "md", "csv", "tsv", "json", "jsonl", "html", "htm", "css", "js", "ts", "c", "cc", "cpp", "h", "java", "rs", "go",
                                      "rb", "sql", "xml", "svg", "ini", "conf", "cfg", "toml", "yaml", "yml", "log", "tex", "gz", "tgz", "zip", "tar", "ics", "bat"};
constexpr std::string_view kDone[]{"deleted", "removed", "created", "wrote", "added", "moved", "renamed", "changed", "saved", "set",
                                                 "corrected", "replaced", "appended", "packed", "committed", "sent", "converted", "copied", "fixed", "updated", "made"};
constexpr std::string_view kOfTheBody[]{"have", "has", "been", "was", "were", "successfully", "now"};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || (static_cast<unsigned char>(c) & 0x80) != 0; }

std::vector<std::string_view> split_at(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (std::size_t end = 0;;) {
    const std::size_t begin = text.find_first_not_of(separators, end);
    if (begin == std::string_view::npos) return parts;
    end = std::min(text.find_first_of(separators, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
  }
}

// In words as people set them apart; what stands around a word is no part of it.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words = split_at(text, " \t\r\n,;:()[]\"'`!?<>");
  for (std::string_view& word : words)
    while (word.ends_with('.')) word.remove_suffix(1);
  std::erase(words, "");
  return words;
}

bool is_one_of(std::span<const std::string_view> known, std::string_view word) { return std::ranges::find(known, to_lower(word)) != known.end(); }

// "primes.py", "out/report.html"; not "3.5", "p.m", "node.js", "example.com" or "me@post.de".
bool is_file_name(std::string_view word) {
  const std::size_t dot = word.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || word.find_first_of("@\\") != std::string_view::npos || word.starts_with('/') || to_lower(word) == "node.js") return false;
  return word[word.rfind('/') + 1] != '.' && is_one_of(kEndings, word.substr(dot + 1));
}

// Of a question this is looked at.
std::string_view beginning_of(std::string_view question) { return utf8_prefix(question, kQuestionBytes); }

bool asks_to_act(std::string_view question) {
  const std::vector<std::string_view> words = words_of(question);
  return !words.empty() && !is_one_of(kAsk, words.front()) && std::ranges::any_of(words, [](std::string_view word) { return is_one_of(kAct, word); });
}

// In lower case, without what sets numbers and paths apart.
std::set<std::string> plain_words(std::string_view text) {
  constexpr std::string_view kAround = ".,;:!?()[]<>\"'`*";
  std::set<std::string> words;
  for (std::string_view word : split_at(text, " \t\r\n")) {
    if (word.starts_with("./")) word.remove_prefix(2);
    const std::size_t first = word.find_first_not_of(kAround);
    if (first == std::string_view::npos) continue;
    std::string plain = to_lower(word.substr(first, word.find_last_not_of(kAround) - first + 1));
    std::erase(plain, ',');
    words.insert(std::move(plain));
  }
  return words;
}

bool asks_to_tell(std::string_view question) {
  return std::ranges::any_of(words_of(question), [](std::string_view word) { return is_one_of(kTell, word); });
}

const Message* question_of(std::span<const Message> messages) {
  const auto found = std::find_if(messages.rbegin(), messages.rend(), [](const Message& message) { return message.role == Message::Role::User; });
  return found == messages.rend() ? nullptr : &*found;
}

// As a word of its own: "a.txt" is not named by "aa.txt", nor "app" by "app.log".
bool names(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    const bool begins = at == 0 || (!is_word(text[at - 1]) && std::string_view("._-").find(text[at - 1]) == std::string_view::npos);
    const bool more = end + 1 < text.size() && text[end] == '.' && is_word(text[end + 1]);
    const bool ends = end == text.size() || (!more && !is_word(text[end]) && text[end] != '_' && text[end] != '-');
    if (begins && ends) return true;
  }
  return false;
}

Task<Result<FileList>> all_files(const Workspaces& workspaces, const PersonId& person) {
  const Result<std::reference_wrapper<Files>> files = workspaces.of(person);
  if (!files) co_return std::unexpected(files.error());
  co_return co_await files->get().list(".", Depth::Everything);
}

// The files of the workspace that a question names, by path.
std::vector<std::string> named_files(const FileList& list, std::string_view question) {
  std::vector<std::string> named;
  for (const FileEntry& entry : list.items)
    if (entry.kind == FileKind::File && entry.name.find('.', 1) != std::string::npos && names(question, entry.name)) named.push_back(entry.path);
  return named;
}

// The same as long as nothing that is listed comes, goes or changes.
std::uint64_t print_of(const FileList& list) {
  std::size_t print = list.items.size();
  for (const FileEntry& entry : list.items) boost::hash_combine(print, std::tuple(std::string_view(entry.path), entry.size_bytes, entry.kind == FileKind::Folder ? 0 : entry.changed_ns));
  return print;
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

template <class Is>
bool any_call(std::span<const Message> messages, Is is) {
  return std::ranges::any_of(messages, [&](const Message& message) { return std::ranges::any_of(message.tool_calls, is); });
}

bool went_well(const ToolCall& call) { return call.state == CallState::Ok; }

// What was said and done since, the question with it.
std::span<const Message> since_question(std::span<const Message> messages) {
  const Message* question = question_of(messages);
  return question == nullptr ? messages : std::span(question, messages.data() + messages.size());
}

bool is_there(const FileList& list, std::string_view name) {
  return list.truncated || std::ranges::find(list.items, name_of(name), &FileEntry::name) != list.items.end();
}

// What stands behind a question: files that it names and that a shell takes for one word only in quotes; else empty.
std::string quoting_hint(const std::vector<std::string>& named) {
  std::vector<std::string> words;
  for (const std::string& path : named)
    if (std::string word = shell_word(path); word.starts_with('\'') && words.size() < kFilesMost) words.push_back(std::move(word));
  return words.empty() ? "" : fmt::format("\n[in bash: {}]", join(words, ", "));
}

bool asks_or_declines(std::string_view reply) {
  static constexpr std::string_view kDeclines[]{"not", "no", "cannot", "can't", "couldn't", "unable", "sorry", "which", "unclear", "nothing"};
  return reply.find('?') != std::string_view::npos || std::ranges::any_of(plain_words(reply), [](const std::string& word) { return is_one_of(kDeclines, word); });
}

// Whether it claims to have done what was asked when no call for the question went well.
bool is_empty_claim(std::span<const Message> messages, std::string_view reply) {
  const Message* question = question_of(messages);
  return question != nullptr && !any_call(since_question(messages), went_well) && asks_to_act(beginning_of(question->text)) && claims_effect(reply);
}

}  // namespace

std::vector<std::string> files_to_make(std::string_view question) {
  std::vector<std::string> names;
  const std::vector<std::string_view> words = words_of(beginning_of(question));
  if (words.empty() || is_one_of(kAsk, words.front())) return names;
  if (std::ranges::none_of(words, [](std::string_view word) { return is_one_of(kMake, word); })) return names;
  for (const std::string_view word : words)
    if (is_file_name(word) && names.size() < kFilesMost && std::ranges::find(names, word) == names.end()) names.emplace_back(word);
  return names;
}

bool claims_effect(std::string_view reply) {
  std::vector<std::string_view> words = words_of(utf8_prefix(reply, kReplyBytes));
  // "I have deleted it", "old.csv was deleted", "The files have been moved": the verb comes within few words.
  std::erase_if(words, [](std::string_view word) { return is_one_of(kOfTheBody, word); });
  if (words.size() < 2) return false;
  const std::string first = to_lower(words[0]);
  const std::string second = to_lower(words[1]);
  const bool of_files = is_file_name(words[0]) || is_file_name(words[1]) || (first == "the" && (second.starts_with("file") || second.starts_with("folder")));
  if (first != "i" && first != "i've" && !of_files) return false;
  for (std::size_t i = 1; i < std::min<std::size_t>(words.size(), 4); ++i)
    if (is_one_of(kDone, words[i])) return !asks_or_declines(reply);
  return false;
}

std::string what_was_found(std::span<const Message> messages, std::string_view reply) {
  const Message* question = question_of(messages);
  if (question == nullptr || !asks_to_tell(beginning_of(question->text))) return {};
  const ToolCall* call = nullptr;
  for (const Message& message : since_question(messages))
    for (const ToolCall& one : message.tool_calls)
      if (one.state == CallState::Ok && (one.name == "shell" || one.name == "query_table")) call = &one;
  const std::string_view output = call != nullptr ? trim(call->output) : std::string_view();
  if (output.find('\n') == std::string_view::npos || output.starts_with('[') || output.size() > kFoundBytes || std::ranges::count(output, '\n') > kFoundLines) return {};
  // Named is what most words of it stand for.
  const std::set<std::string> found = plain_words(output);
  const std::set<std::string> said = plain_words(reply);
  const auto named = std::ranges::count_if(found, [&](const std::string& word) { return said.contains(word); });
  if (2 * named >= std::ssize(found)) return {};
  return fmt::format("\n\n```\n{}\n```", output);
}

std::vector<std::string> replaced_texts(std::span<const Message> messages) {
  std::vector<std::string> replaced;
  const Message* question = question_of(messages);
  if (question == nullptr) return replaced;
  const std::string_view asked = beginning_of(question->text);
  for (const std::string_view text : split_at(asked, "'\"`"))
    if (text.size() <= kQuotedBytes && replaced.size() < kFilesMost && any_call(since_question(messages), [&](const ToolCall& call) {
          const auto says = [&](std::string_view form) { return call.arguments.find(fmt::format(fmt::runtime(form), text)) != std::string::npos; };
          return went_well(call) && (says("s/{}/") || says("replace('{}'") || says(R"(replace(\"{}\")"));
        }))
      replaced.emplace_back(text);
  return replaced;
}

void Reviewer::person_spoke() {
  reviewed_ = claimed_ = false;
  before_.reset();
}

Task<void> Reviewer::prepare(ModelRequest& request) {
  request.must_make = std::exchange(must_make_, {});
  if (std::exchange(must_call_, false)) request.tool_choice = "required";
  const auto question = std::ranges::find(request.messages.rbegin(), request.messages.rend(), ModelMessage::Role::User, &ModelMessage::role);
  if (question == request.messages.rend()) co_return;
  if (!before_) {
    before_ = Before{};
    if (const Result<FileList> list = co_await all_files(workspaces_, person_)) *before_ = {named_files(*list, beginning_of(question->text)), print_of(*list)};
  }
  question->text += quoting_hint(before_->named);
}

bool Reviewer::holds_back(std::span<const Message> messages) const {
  const Message* question = question_of(messages);
  if (question == nullptr) return false;
  return (before_ && !before_->named.empty()) || asks_to_act(beginning_of(question->text)) || !files_to_make(question->text).empty();
}

Task<std::optional<std::string>> Reviewer::object(std::span<const Message> messages, std::string& reply) {
  if (!std::exchange(reviewed_, true))
    if (std::optional<std::string> objection = co_await review(messages, reply)) co_return objection;
  const bool still_nothing = claimed_ && !asks_or_declines(reply) && !any_call(since_question(messages), went_well);
  if (still_nothing || is_empty_claim(messages, reply)) reply = kNotDone;
  else if (const std::string truth = co_await what_is_not_so(messages, reply); !truth.empty()) reply += fmt::format("\n\n({})", truth);
  reply += what_was_found(messages, reply);
  co_return std::nullopt;
}

Task<std::optional<std::string>> Reviewer::review(std::span<const Message> messages, const std::string& reply) {
  const Message* question = question_of(messages);
  const std::span<const Message> since = since_question(messages);
  if (question == nullptr || any_call(since, [](const ToolCall& call) { return call.state == CallState::Refused; })) co_return std::nullopt;
  std::vector<std::string> unmade = asks_or_declines(reply) ? std::vector<std::string>{} : files_to_make(question->text);
  // One that a call which went well names may have been moved, or packed.
  std::erase_if(unmade, [&](const std::string& name) {
    return any_call(since, [&](const ToolCall& call) { return went_well(call) && call.arguments.find(name) != std::string::npos; });
  });
  if (!unmade.empty()) {
    const Result<FileList> list = co_await all_files(workspaces_, person_);
    if (!list) co_return std::nullopt;
    const auto missing = std::ranges::find_if(unmade, [&](const std::string& name) { return !is_there(*list, name); });
    if (missing != unmade.end()) {
      must_make_ = *missing;
      co_return must_make_ + " is not there yet. Make it now.";
    }
  }
  if (before_ && !before_->named.empty() && !any_call(since, [](const ToolCall&) { return true; })) {
    must_call_ = true;
    co_return fmt::format("You have not looked at {}. Use a block to find out.", name_of(before_->named.front()));
  }
  claimed_ = is_empty_claim(messages, reply);
  if (claimed_) co_return "Nothing has been done yet. Do it now, or ask me what is unclear, or say why it cannot be done.";
  std::string truth = co_await what_is_not_so(messages, reply);
  if (truth.empty()) co_return std::nullopt;
  co_return truth + " Use another block, or say why it cannot be done.";
}

Task<std::string> Reviewer::what_is_not_so(std::span<const Message> messages, std::string_view reply) const {
  const Message* question = question_of(messages);
  if (question == nullptr || !claims_effect(reply) || !any_call(since_question(messages), went_well)) co_return std::string();
  const Result<std::reference_wrapper<Files>> files = workspaces_.of(person_);
  if (!files) co_return std::string();
  if (before_ && before_->named.empty())
    for (const std::string& text : replaced_texts(messages))
      if (const Result<FileSearch> found = co_await files->get().search(text, ".", ""); found && !found->hits.empty())
        co_return fmt::format("'{}' still stands in {}.", text, name_in_line(found->hits.front().path));
  if (!before_ || before_->print == 0 || !asks_to_act(beginning_of(question->text))) co_return std::string();
  const Result<FileList> list = co_await all_files(workspaces_, person_);
  co_return list && print_of(*list) == before_->print ? "No file has changed." : std::string();
}

}  // namespace zo
