#include "cmd/chat_terminal.h"

#include <histedit.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstdio>
#include <cwchar>

#include "async/clock.h"
#include "base/limits.h"
#include "base/shown.h"
#include "base/text.h"
#include "cmd/chat_words.h"
#include "os/file.h"

namespace zo {
namespace {

constexpr int kHistoryLines = 1'000;
constexpr const char* kPrompt = "› ";
constexpr const char* kSend = "\x1d";  // Ctrl-], under which libedit's own end of a line is found
// xterm's control sequences, "Bracketed Paste Mode": asks for the marks around what is pasted, and the mark behind it.
constexpr std::string_view kMarkPastes = "\x1b[?2004h";
constexpr std::string_view kMarkNone = "\x1b[?2004l";
constexpr std::wstring_view kPasteEnds = L"\x1b[201~";

// A control sequence of ours, as it is.
void control(std::string_view sequence) { static_cast<void>(write_all(STDOUT_FILENO, sequence)); }

char* prompt_text(EditLine*) {
  static std::string prompt = kPrompt;
  return prompt.data();
}

unsigned char complete(EditLine* el, int) {
  const LineInfo* line = el_line(el);
  const std::string more = completion({line->buffer, static_cast<std::size_t>(line->cursor - line->buffer)});
  if (more.empty() || el_insertstr(el, more.c_str()) != 0) return CC_REFRESH_BEEP;
  return CC_REFRESH;
}

unsigned char insert_newline(EditLine* el, int) { return ::el_insertstr(el, "\n") == 0 ? CC_REFRESH : CC_REFRESH_BEEP; }

// Enter: ends the line, unless a backslash at its very end asks for another one.
unsigned char enter(EditLine* el, int) {
  const LineInfo* line = ::el_line(el);
  const bool at_end = line->cursor == line->lastchar && line->cursor != line->buffer;
  if (at_end && line->cursor[-1] == '\\') {
    ::el_deletestr(el, 1);
    return insert_newline(el, 0);
  }
  ::el_push(el, kSend);
  return CC_NORM;
}

// Without what could steer the terminal. Terminals send newlines as returns, some programs as both.
std::wstring pasted_text(std::wstring_view pasted) {
  std::wstring text;
  wchar_t before = 0;
  for (const wchar_t c : pasted) {
    const bool newline = c == L'\r' || (c == L'\n' && before != L'\r');
    if (newline) text += L'\n';
    else if (c == L'\t' || !is_control(static_cast<char32_t>(c))) text += c;
    before = c;
  }
  return text;
}

}  // namespace

constexpr std::size_t kKeyBytesLeast = 20;

// One long word of letters and digits, with no path or address in it.
bool looks_like_key(std::string_view word) {
  const auto has = [word](auto kind) { return std::ranges::any_of(word, [kind](char c) { return kind(static_cast<unsigned char>(c)) != 0; }); };
  return word.size() >= kKeyBytesLeast && has([](int c) { return std::isdigit(c); }) && has([](int c) { return std::isalpha(c); }) && word.find('/') == word.npos;
}

// libedit and its history.
struct ChatTerminal::Editor {
  ChatTerminal& owner;
  std::string history_path;
  EditLine* el = nullptr;
  History* history_lines = nullptr;
  Stop stopped = Stop::None;  // why the last read gave up
  bool in_paste = false;

  Editor(ChatTerminal& terminal, std::string path) : owner(terminal), history_path(std::move(path)) {
    HistEvent event{};
    history_lines = ::history_init();
    ::history(history_lines, &event, H_SETSIZE, kHistoryLines);
    ::history(history_lines, &event, H_SETUNIQUE, 1);
    ::history(history_lines, &event, H_LOAD, history_path.c_str());
    el = ::el_init("zo", stdin, stdout, stderr);
    ::el_set(el, EL_CLIENTDATA, this);
    ::el_set(el, EL_PROMPT, &prompt_text);
    ::el_set(el, EL_EDITOR, "emacs");
    ::el_set(el, EL_HIST, ::history, history_lines);
    ::el_set(el, EL_ADDFN, "zo-complete", "Completes a command", &complete);
    ::el_set(el, EL_BIND, "^I", "zo-complete", nullptr);
    ::el_set(el, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    ::el_set(el, EL_ADDFN, "zo-newline", "Begins another line", &insert_newline);
    ::el_set(el, EL_ADDFN, "zo-enter", "Ends the line", &enter);
    ::el_set(el, EL_ADDFN, "zo-paste", "Takes what is pasted", &Editor::take_paste);
    ::el_set(el, EL_BIND, kSend, "ed-newline", nullptr);
    for (const char* key : {"^M", "^J"}) ::el_set(el, EL_BIND, key, "zo-enter", nullptr);
    for (const char* key : {"^[^M", "^[^J"}) ::el_set(el, EL_BIND, key, "zo-newline", nullptr);
    ::el_set(el, EL_BIND, "^[[200~", "zo-paste", nullptr);
    ::el_set(el, EL_GETCFN, &Editor::next_character);
  }
  ~Editor() {
    ::el_end(el);
    ::history_end(history_lines);
  }
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  // One line without its newline; nothing at the end, or when the owner had a reason to stop.
  std::optional<std::string> read() {
    stopped = Stop::None;
    ::el_resize(el);
    int count = 0;
    const char* line = ::el_gets(el, &count);
    if (line == nullptr || count <= 0) return std::nullopt;
    return std::string(trim({line, static_cast<std::size_t>(count)}));
  }

  // What looks like a key is not kept.
  void remember(const std::string& line) {
    for (const std::string_view word : split(line, ' '))
      if (looks_like_key(word)) return;
    HistEvent event{};
    ::history(history_lines, &event, H_ENTER, line.c_str());
    ::history(history_lines, &event, H_SAVE, history_path.c_str());
  }

  // Up to the mark behind it; nothing when it is larger than a message may be.
  std::optional<std::wstring> read_paste() {
    std::wstring text;
    bool fits = true;
    wchar_t next = 0;
    in_paste = true;
    while (!text.ends_with(kPasteEnds) && ::el_wgetc(el, &next) == 1) {
      text += next;
      if (text.size() <= limits::kInputBytes) continue;
      fits = false;
      text.erase(0, text.size() - kPasteEnds.size());
    }
    in_paste = false;
    if (!fits) return std::nullopt;
    if (text.ends_with(kPasteEnds)) text.erase(text.size() - kPasteEnds.size());
    return text;
  }

  static unsigned char take_paste(EditLine* el, int) {
    Editor* self = nullptr;
    ::el_get(el, EL_CLIENTDATA, &self);
    const std::optional<std::wstring> text = self->read_paste();
    if (!text) {
      self->owner.show_lines("what was pasted is larger than " + human_size(limits::kInputBytes) + ", the limit of a message, and was not taken\n");
      return CC_REFRESH;
    }
    return ::el_winsertstr(el, pasted_text(*text).c_str()) == 0 ? CC_REFRESH : CC_REFRESH_BEEP;
  }

  static int next_character(EditLine* el, wchar_t* out) {
    Editor* self = nullptr;
    ::el_get(el, EL_CLIENTDATA, &self);
    std::mbstate_t state{};
    for (;;) {
      // A key that waits goes before text that waits: else a fast answer would keep the person from typing.
      if (!self->owner.wait_for_input(0)) {
        const LineInfo* line = ::el_line(el);
        self->stopped = self->owner.reason_to_stop(line->lastchar == line->buffer && !self->in_paste);
        if (self->stopped != Stop::None) return -1;
        if (!self->owner.wait_for_input(-1)) continue;
      }
      char byte = 0;
      const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
      if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (count <= 0) return 0;
      const std::size_t used = std::mbrtowc(out, &byte, 1, &state);
      if (used == static_cast<std::size_t>(-1)) state = {};  // not UTF-8: the byte is dropped
      if (used <= 1) return 1;
    }
  }
};

ChatTerminal::ChatTerminal(Executor executor, const Terminal& terminal, std::string history_path,
                           std::function<void(ChatInput)> on_input)
    : executor_(std::move(executor)), terminal_(terminal), on_input_(std::make_shared<std::function<void(ChatInput)>>(std::move(on_input))),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      status_(terminal) {
  ::tcgetattr(STDIN_FILENO, &original_);
  editor_ = std::make_unique<Editor>(*this, std::move(history_path));
  quiet_ = original_;
  quiet_.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  if (!terminal_.dumb) control(kMarkPastes);
  thread_ = std::thread([this] { run(); });
}

ChatTerminal::~ChatTerminal() {
  {
    const std::scoped_lock lock(mutex_);
    quit_ = true;
  }
  wake();
  thread_.join();
  editor_.reset();
  if (!terminal_.dumb) control(kMarkNone);
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &original_);
}

void ChatTerminal::show(Shown shown) {
  if (shown.text.empty()) return;
  {
    const std::scoped_lock lock(mutex_);
    pending_.push_back(std::move(shown));
  }
  wake();
}

void ChatTerminal::set_busy(bool busy) {
  {
    const std::scoped_lock lock(mutex_);
    busy_ = busy;
  }
  wake();
}

// The status line is drawn anew every frame; nobody has to be woken.
void ChatTerminal::set_doing(std::string doing) {
  const std::scoped_lock lock(mutex_);
  doing_ = std::move(doing);
}

void ChatTerminal::interrupt() {
  {
    const std::scoped_lock lock(mutex_);
    interrupted_ = true;
  }
  wake();
}

void ChatTerminal::wake() {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));  // full means that it is awake already
}

void ChatTerminal::send(ChatInput::Kind kind, std::string line) {
  asio::post(executor_, [hears = std::weak_ptr(on_input_), input = ChatInput{kind, std::move(line)}]() mutable {
    if (const auto on_input = hears.lock()) (*on_input)(std::move(input));
  });
}

void ChatTerminal::run() {
  for (;;) {
    write_pending();
    bool busy = false;
    bool interrupted = false;
    {
      const std::scoped_lock lock(mutex_);
      if (quit_ && pending_.empty()) break;
      busy = busy_;
      interrupted = std::exchange(interrupted_, false);
    }
    if (interrupted) send(ChatInput::Kind::Interrupt);
    if (busy) {
      wait_for_key();
    } else {
      read_line();
    }
  }
  write_errors(status_.clear());
  if (in_line_) write_output("\n");
}

void ChatTerminal::write_pending() {
  std::vector<Shown> pending;
  {
    const std::scoped_lock lock(mutex_);
    pending = std::exchange(pending_, {});
  }
  if (pending.empty()) return;
  TerminalText out = status_.clear();
  for (const Shown& shown : pending) {
    if (shown.at_left && in_line_) out += "\n";
    out += shown.text;
    in_line_ = !shown.text.ends_line();
  }
  show_output(out);
}

// True when a key waits; false after the time, or when woken.
bool ChatTerminal::wait_for_input(int timeout_ms) {
  std::array<pollfd, 2> watched{{{STDIN_FILENO, POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
  if (::poll(watched.data(), watched.size(), timeout_ms) <= 0) return false;
  if (watched[1].revents != 0) {
    std::uint64_t count = 0;
    static_cast<void>(!::read(wake_.get(), &count, sizeof count));
    return false;
  }
  return watched[0].revents != 0;
}

void ChatTerminal::wait_for_key() {
  ::tcsetattr(STDIN_FILENO, TCSANOW, &quiet_);
  std::string doing;
  {
    const std::scoped_lock lock(mutex_);
    doing = doing_;
  }
  if (!in_line_ && terminal_.can_animate()) show_output(status_.draw(doing, RealClock().steady_ms()));
  if (wait_for_input(static_cast<int>(kStatusFrameMs))) read_line();
}

ChatTerminal::Stop ChatTerminal::reason_to_stop(bool line_is_empty) {
  const std::scoped_lock lock(mutex_);
  if (quit_) return Stop::Quit;
  if (interrupted_) return Stop::Interrupt;
  if (line_is_empty && !pending_.empty()) return Stop::Text;
  return Stop::None;
}

void ChatTerminal::read_line() {
  show_output(status_.clear() + (in_line_ ? "\n" : ""));
  in_line_ = false;
  std::optional<std::string> line = editor_->read();
  const LineInfo* typed = ::el_line(editor_->el);
  const bool was_begun = typed->lastchar != typed->buffer;
  switch (editor_->stopped) {
    case Stop::None: break;
    case Stop::Text: show_output(clear_line()); return;  // the prompt goes, the text comes
    case Stop::Interrupt: {
      write_output("\n");
      const std::scoped_lock lock(mutex_);
      if (was_begun) interrupted_ = false;
      return;
    }
    case Stop::Quit: write_output("\n"); return;
  }
  if (line && line->empty()) return;
  {
    const std::scoped_lock lock(mutex_);
    busy_ = true;
  }
  if (line) editor_->remember(*line);
  if (!line) write_output("\n");
  send(line ? ChatInput::Kind::Line : ChatInput::Kind::End, line.value_or(""));
}

}  // namespace zo
