// What of ours a service gets by descriptor, and that it gets nothing else.
#include <gtest/gtest.h>
#include <unistd.h>

#include "async/deadline.h"
#include "os/process.h"
#include "sandbox/sandbox.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

constexpr char kListOpen[] = "ls /proc/self/fd | tr '\\n' ' '";  // with the folder that ls reads, as the last

struct SandboxPassedTest : testing::Test {
  asio::io_context io{1};
  RealClock clock;
  Threads threads{"test", 2};
  Sandbox sandbox{io.get_executor(), clock, threads};
  TempFolder folder;
  PipeFds in = std::move(*make_pipe());   // to the service
  PipeFds out = std::move(*make_pipe());  // from it

  SandboxService service(std::string script) { return {.name = "a test", .argv = {"sh", "-c", std::move(script)}, .folder = folder / "run"}; }
  std::unique_ptr<SandboxedService> start(SandboxService wanted) {
    Result<std::unique_ptr<SandboxedService>> started = run(io, sandbox.start_service(std::move(wanted)));
    if (!started) throw std::runtime_error(started.error().message);
    in.read.close();
    out.write.close();
    return std::move(*started);
  }
  void tell(std::string_view text) {
    ASSERT_EQ(::write(in.write.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    in.write.close();
  }
  Task<std::string> read_out() {
    PipeReader reader(io.get_executor(), std::move(out.read));
    std::string all;
    for (;;) {
      const std::string_view bytes = co_await reader.next();
      if (bytes.empty()) co_return all;
      all += bytes;
    }
  }
  // All that comes from it until it lets go of the pipe.
  std::string heard() { return run(io, within(clock, 20'000, read_out())).value_or("it holds the pipe open"); }
  bool ends_its_log_with(const SandboxedService& service, std::string_view end) {
    return run(io, eventually([&] { return service.output_tail().ends_with(end); }));
  }
};

TEST_F(SandboxPassedTest, WhatIsPassedCanBeUsedWithinAndNothingElseIsOpen) {
  SandboxService wanted = service(std::string("cat <&3 >&4; ") + kListOpen + " >&4");
  wanted.passed = {in.read.get(), out.write.get()};
  const auto running = start(std::move(wanted));
  tell("hello\n");
  EXPECT_EQ(heard(), "hello\n0 1 2 3 4 5 ");
}

TEST_F(SandboxPassedTest, WhereNothingIsPassedNothingIsOpen) {
  const auto running = start(service(std::string(kListOpen) + "; echo end"));
  EXPECT_TRUE(ends_its_log_with(*running, "end\n"));
  EXPECT_EQ(running->output_tail(), "0 1 2 3 end\n");

  const Result<Workspace> workspace = Workspace::open(folder / "workspace");
  ASSERT_TRUE(workspace);
  const auto outcome = run(io, sandbox.run({.script = kListOpen, .workspace = &*workspace}, {}));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->output, "0 1 2 3 ");
}

TEST_F(SandboxPassedTest, WhoReadsSeesWhenTheServiceLetsGoAlthoughItLives) {
  SandboxService wanted = service("echo said >&3; exec 3>&-; read for_ever");  // its standard input ends when it is dropped
  wanted.passed = {out.write.get()};
  const auto running = start(std::move(wanted));
  EXPECT_EQ(heard(), "said\n");
}

TEST_F(SandboxPassedTest, StandardOutputComesApartFromStandardError) {
  SandboxService wanted = service("while read line; do echo \"answer to $line\"; echo \"heard $line\" >&2; done; exit 3");
  wanted.input = in.read.get();
  wanted.output = out.write.get();
  const auto running = start(std::move(wanted));
  tell("one\ntwo\n");
  EXPECT_EQ(heard(), "answer to one\nanswer to two\n");
  EXPECT_EQ(run(io, running->wait()), 3);
  EXPECT_TRUE(ends_its_log_with(*running, "heard two\n"));
  EXPECT_EQ(running->output_tail(), "heard one\nheard two\n");
}

}  // namespace
}  // namespace zo
