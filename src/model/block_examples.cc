#include "model/block_examples.h"

#include <array>

namespace zo {
namespace {

using Steps = ExampleStep;
constexpr std::array kDate{Steps{"bash", "", "date", "Mon Jun 2 09:14:07 UTC 2025"}};
constexpr std::array kAppend{Steps{"bash", "", "echo 'tea' >> list.txt", "[no output]"}};
constexpr std::array kFind{Steps{"bash", "", "find . -iname '*.mp3'", "./a.mp3\n./old/b.mp3"}};
constexpr std::array kPercent{Steps{"python", "", "print(240.5 * 15 / 100 - 8)", "28.075"}};
constexpr std::array kHello{Steps{"file", "hello.py", "print(\"Hello!\")", "wrote 'hello.py', 16 B"}, Steps{"bash", "", "python3 hello.py", "Hello!"}};
constexpr std::array kQuoted{Steps{"bash", "", "wc -w 'my essay.txt'", "312 my essay.txt"}};

constexpr std::array kExamples{
    Example{"what is the date?", kDate, "It is Monday, June 2, 09:14 UTC."},
    Example{"add tea to list.txt", kAppend, "I added tea to list.txt."},
    Example{"list my songs", kFind, "You have two songs:\n- a.mp3\n- old/b.mp3"},
    Example{"what is 15% of 240.5, minus 8?", kPercent, "It is 28.075."},
    Example{"write hello.py that greets, and run it", kHello, "I wrote hello.py. It prints: Hello!"},
    Example{"how many words has my essay.txt?", kQuoted, "my essay.txt has 312 words."},
    Example{"who wrote Hamlet?", {}, "William Shakespeare."},
    Example{"what can you do?", {}, "I can see, read, write and change your files, run commands and Python, work on tables, write text, and answer questions."},
};

}  // namespace

std::span<const Example> block_examples() { return kExamples; }

}  // namespace zo
