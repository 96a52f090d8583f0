#include "model/block_examples.h"

#include <array>

namespace zo {
namespace {

// Each shows one thing that small models get wrong without it: that a list is told, that names are quoted, that what is missing is said,
// that a file is changed in place, that tables are asked by SQL and saved, that files are a table, that talk needs no block, that a wish
// which is not clear is asked about.
constexpr std::array kDate{ExampleStep{"bash", "", "date", "Mon Jun 2 09:14:07 UTC 2025"}};
constexpr std::array kAppend{ExampleStep{"bash", "", "echo 'tea' >> list.txt", "[no output]"}};
constexpr std::array kFind{ExampleStep{"bash", "", "find . -iname '*.mp3'", "./a.mp3\n./old/b.mp3"}};
constexpr std::array kPercent{ExampleStep{"python", "", "print(3400 * 12.5 / 100 - 8)", "417.0"}};
constexpr std::array kScript{ExampleStep{"file", "hello.py", "print(\"Hello!\")", "wrote 'hello.py', 16 B"},
                             ExampleStep{"bash", "", "python3 hello.py", "Hello!"}};
constexpr std::array kQuoted{ExampleStep{"bash", "", "wc -w 'my essay.txt'", "312 my essay.txt"}};
constexpr std::array kMissing{ExampleStep{"bash", "", "cat plan.md", "[exit code 1] cat: plan.md: No such file or directory"}};
constexpr std::array kSetting{ExampleStep{"bash", "", "sed -i 's/^colour = .*/colour = red/' app.ini && grep colour app.ini", "colour = red"}};
constexpr std::array kSum{ExampleStep{"sql", "", "SELECT SUM(price) FROM shop", "SUM(price)\n41.5"}};
constexpr std::array kKeep{ExampleStep{"sql", "old.csv", "SELECT * FROM staff WHERE age > 40", "[wrote old.csv, 3 rows, it begins:\nname,age\nAnn,44\nBo,51]"}};
constexpr std::array kGroup{ExampleStep{"sql", "per.csv", "SELECT town, COUNT(*) AS people FROM staff GROUP BY town",
                                        "[wrote per.csv, 2 rows, it begins:\ntown,people\nBonn,4\nKiel,2]"}};
constexpr std::array kConvert{ExampleStep{"sql", "pets.csv", "SELECT name, kind FROM pets", "[wrote pets.csv, 2 rows; it begins:]\nname,kind\nTom,cat\nRex,dog"}};
constexpr std::array kNewest{ExampleStep{"sql", "", "SELECT path, changed FROM files WHERE ending = 'md' ORDER BY changed DESC LIMIT 1",
                                         "path,changed\nold/plan.md,2025-06-02 09:01:40"}};
constexpr std::array kLargest{ExampleStep{"sql", "", "SELECT path, size FROM files ORDER BY size DESC LIMIT 1", "path,size\nold/sea.jpg,2104332"}};

constexpr std::array kLater{ExampleStep{"automation", "every friday at 16:00", "Remind me to send the report",
                                        "Made the automation 'Remind me to send the report'. It runs next:\n2025-06-06 16:00 UTC\n2025-06-13 16:00 UTC"}};

constexpr std::array kExamples{
    Example{"what is the date?", kDate, "It is Monday, June 2, 09:14 UTC."},
    Example{"add tea to list.txt", kAppend, "I added tea to list.txt."},
    Example{"list my songs", kFind, "You have two songs:\n- a.mp3\n- old/b.mp3"},
    Example{"what is 12.5% of 3,400, minus 8?", kPercent, "It is 417."},
    Example{"write hello.py that greets, and run it", kScript, "I wrote hello.py. It prints: Hello!"},
    Example{"how many words has my essay.txt?", kQuoted, "my essay.txt has 312 words."},
    Example{"show me plan.md", kMissing, "There is no file plan.md here."},
    Example{"set colour to red in app.ini", kSetting, "I set colour to red in app.ini."},
    Example{"total price in shop.csv?", kSum, "The total is 41.5."},
    Example{"make old.csv with only those of staff.csv over 40", kKeep, "old.csv has the 3 people over 40."},
    Example{"write per.csv with the number of people per town from staff.csv, columns town,people", kGroup, "per.csv has 2 towns: Bonn 4, Kiel 2."},
    Example{"turn pets.json into pets.csv with the columns name,kind", kConvert, "pets.csv has the 2 pets."},
    Example{"which of my notes was changed last?", kNewest, "old/plan.md, on June 2 at 09:01."},
    Example{"what is the biggest file in all my folders?", kLargest, "The biggest file is old/sea.jpg, 2.1 MB."},
    Example{"remind me to send the report, fridays at 4 pm", kLater, "Every Friday at 16:00 you will be reminded to send the report, first on June 6."},
    Example{"who wrote Hamlet?", {}, "William Shakespeare."},
    Example{"please remove the old one", {}, "Which one do you mean? Please name the file."},
    Example{"say good night in Spanish", {}, "Buenas noches."},
    Example{"what can you do? do you see my files?", {},
            "Yes: I can see, read, write and change your files, run commands and Python, work on tables, write text, and answer questions."},
    Example{"write two lines about tea", {}, "Steam curls from the cup,\nthe morning slows down."},
};

}  // namespace

std::span<const Example> block_examples() { return kExamples; }

}  // namespace zo
