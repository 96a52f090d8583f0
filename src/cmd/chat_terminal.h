// The terminal of `zo chat`: a thread of its own owns it, since libedit waits for keys. The conversation hands over text, and is
// told, on its own thread, of lines, Ctrl-C and the end. While a line is being typed text waits, so that neither tears the
// other; as soon as the line is empty again, or sent, the text goes on. A line that is sent may hold newlines: pasted ones
// (bracketed paste), and those of Alt-Enter or of a backslash before Enter.
#pragma once

#include <termios.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "async/task.h"
#include "cmd/status_line.h"
#include "os/fd.h"

namespace zo {

struct ChatInput {
  enum class Kind { Line, Interrupt, End };  // End: Ctrl-D, or the terminal has gone
  Kind kind;
  std::string line;
};

class ChatTerminal {
 public:
  // `on_input` runs on `executor`. After each Line the terminal is busy until set_busy() says otherwise.
  ChatTerminal(Executor executor, const Terminal& terminal, std::string history_path, std::function<void(ChatInput)> on_input);
  // Puts the terminal back as it was.
  ~ChatTerminal();

  // From any thread, as the others below. Written in order; nothing is lost. Text goes on where the last one ended; lines, which
  // end with a newline, begin at the left.
  void show_text(TerminalText text) { show({std::move(text), false}); }
  void show_lines(TerminalText lines) { show({std::move(lines), true}); }
  // Busy: there is no prompt until a key is pressed, and the status line tells what is being done.
  void set_busy(bool busy);
  void set_doing(std::string doing);
  // Ctrl-C was pressed: a line that was begun is dropped, else `on_input` hears of it.
  void interrupt();

 private:
  struct Editor;
  enum class Stop { None, Text, Interrupt, Quit };
  struct Shown {
    TerminalText text;
    bool at_left;
  };

  void show(Shown shown);
  void run();
  void write_pending();
  void wait_for_key();
  void read_line();
  void send(ChatInput::Kind kind, std::string line = {});
  void wake();
  // For the editor: why it should give up the line it reads.
  Stop reason_to_stop(bool line_is_empty);
  bool wait_for_input(int timeout_ms);

  Executor executor_;
  const Terminal& terminal_;
  std::shared_ptr<std::function<void(ChatInput)>> on_input_;  // shared, so that input on its way is dropped once we are gone
  termios original_{};
  termios quiet_{};  // no echo, key by key, while nobody types
  Fd wake_;
  std::unique_ptr<Editor> editor_;
  StatusLine status_;      // of the thread, as the next
  bool in_line_ = false;   // the text shown last has not ended its line

  std::mutex mutex_;       // guards what follows
  std::vector<Shown> pending_;
  std::string doing_;
  bool busy_ = false;
  bool interrupted_ = false;
  bool quit_ = false;

  std::thread thread_;
};

}  // namespace zo
