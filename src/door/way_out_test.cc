#include "door/way_out.h"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <mutex>

#include "async/scope.h"
#include "base/text.h"
#include "store/store.h"
#include "testing/fake_clock.h"
#include "testing/http_raw.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

using asio::ip::tcp;

// What a program inside says to the proxy, and what the log says of it. Names are resolved by the test.
struct WayOutTest : testing::Test {
  asio::io_context io{1};
  Executor executor = io.get_executor();
  FakeClock clock{executor};
  SeededDice dice{7};
  TempFolder folder;
  std::unique_ptr<Store> store = *Store::open({.path = folder / "zo.db", .backup_folder = folder / "backups"});
  PersonId person = PersonId::make(dice, 1);
  struct Names {
    std::mutex mutex;
    std::map<std::string, std::string> addresses;
  };
  std::shared_ptr<Names> names = std::make_shared<Names>();
  std::optional<Door> door;
  std::optional<WayOut> way_out;
  Scope scope{executor};
  RawListener site{executor};
  std::vector<std::string> wanted;
  std::vector<std::string> refused;
  int proxy = 0;

  void SetUp() override {
    const auto add = [](Store& store, PersonId id) -> Task<Result<>> {
      auto change = [id](Transaction& tx) -> Result<> {
        tx.change("INSERT INTO people (id, name, created_at) VALUES (?, ?, ?)", id, id.text(), 1);
        return {};
      };
      co_return co_await store.write(std::move(change));
    };
    ASSERT_TRUE(run(io, add(*store, person)));
    door.emplace(executor, clock, dice, *store, [names = names](const std::string& name) -> Result<std::vector<IpAddress>> {
      const std::lock_guard lock(names->mutex);
      const auto found = names->addresses.find(name);
      if (found == names->addresses.end()) return fail(Code::Unavailable, "cannot reach " + name + ": its name does not resolve");
      return std::vector{*IpAddress::parse(found->second)};
    });
    way_out.emplace(clock, *door);
  }
  void TearDown() override {
    run(io, scope.stop());
    run(io, door->stop());
  }
  void name(const std::string& host, const std::string& address) {
    const std::lock_guard lock(names->mutex);
    names->addresses[host] = address;
  }

  void open(Egress egress, bool asks = true) {
    WayOut::Told told;
    if (asks) told.wanted = [this](const std::string& host, bool) { wanted.push_back(host); };
    told.refused = [this](const std::string& host, std::uint16_t, const Error& why) { refused.push_back(host + ": " + why.message); };
    std::optional<SandboxNetwork> network = way_out->network({.person = person, .run = "01RUN", .purpose = Purpose::Sandbox}, std::move(egress), std::move(told));
    ASSERT_TRUE(network);
    tcp::acceptor acceptor(executor, {asio::ip::address_v4::loopback(), 0});
    proxy = acceptor.local_endpoint().port();
    scope.spawn("tunnel", network->serve(Fd(acceptor.release())));
  }
  void open(const std::string& word) {
    Egress egress;
    ASSERT_TRUE(egress.allow(word));
    open(std::move(egress));
  }
  std::string get(const std::string& url) {
    const std::string reply = run(io, raw_exchange(proxy, "GET " + url + " HTTP/1.1\r\n\r\n"));
    return reply.substr(9, 3) + " " + std::string(trim(std::string_view(reply).substr(reply.find("\r\n\r\n") + 4)));
  }
  std::string get(const std::string& url, std::string reply) {
    scope.spawn("site", site.answer_once(std::move(reply)));
    return get(url);
  }
  std::string at_site(const std::string& host) const { return fmt::format("{}:{}", host, site.port()); }
  // The newest first.
  std::vector<std::string> log() {
    std::vector<std::string> lines;
    for (const EgressRow& row : *run(io, door->log(person, "01RUN"))) lines.push_back(fmt::format("{} {}:{} {}", verdict_name(row.verdict), row.host, row.port, row.reason));
    return lines;
  }
};

TEST_F(WayOutTest, WhatTheListDoesNotNameIsRefusedToldAndLogged) {
  open("example.org");
  EXPECT_EQ(get("http://other.test:8080/"), "403 zo: other.test:8080 is not allowed for this command; zo door allow other.test:8080");
  EXPECT_EQ(wanted, std::vector<std::string>{"other.test:8080"});
  EXPECT_EQ(log(), std::vector<std::string>{"refused other.test:8080 other.test:8080 is not allowed for this command"});
  EXPECT_TRUE(names->addresses.empty()) << "and is not asked of a resolver";
}

TEST_F(WayOutTest, OffTellsWhatIsWantedAndReachesNothing) {
  EXPECT_FALSE(way_out->network({.person = person, .purpose = Purpose::Sandbox}, {}));
  open(Egress{});
  EXPECT_TRUE(get("http://example.org/").starts_with("403 "));
  EXPECT_TRUE(get("http://127.0.0.1/").starts_with("403 "));
  EXPECT_EQ(wanted, (std::vector<std::string>{"example.org", "127.0.0.1"}));
}

TEST_F(WayOutTest, AHostWithTwoReadingsIsRefusedAndLoggedUnderItsRun) {
  Egress everything;
  everything.mode = EgressMode::OpenPublic;
  open(everything);
  const char* const hosts[] = {"2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "127.0.0.1%00.test", "ann:secret@example.org", "[fe80::1%25lo]", "[::ffff:7f00:1"};
  for (const char* host : hosts) {
    const std::string said = get(fmt::format("http://{}/", host));
    EXPECT_TRUE(said.starts_with("400 zo: ")) << said;
    ASSERT_FALSE(log().empty()) << host;
    EXPECT_TRUE(log()[0].starts_with("refused ")) << log()[0];
    EXPECT_EQ(log()[0].find("secret"), std::string::npos) << log()[0];
    clock.advance(1);  // so that the newest is the first
  }
  EXPECT_EQ(log().size(), std::size(hosts));
  EXPECT_TRUE(log().back().starts_with("refused 2130706433:0 ")) << log().back();
  EXPECT_TRUE(wanted.empty()) << "nobody is asked to allow it";
}

TEST_F(WayOutTest, NumbersThatAreNotPublicAreRefusedInEveryMode) {
  Egress everything;
  everything.mode = EgressMode::OpenPublic;
  open(everything);
  const char* const hosts[] = {"127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[fd00:ec2::254]", "[::ffff:127.0.0.1]", "[64:ff9b::a00:1]", "localhost"};
  for (const char* host : hosts) EXPECT_TRUE(get(fmt::format("http://{}/", host)).starts_with("403 zo: ")) << host;
  EXPECT_EQ(log().size(), std::size(hosts));
  EXPECT_TRUE(wanted.empty());
}

TEST_F(WayOutTest, ANameThatTurnsToAPrivateAddressIsRefusedWithWhatAllowsItAlone) {
  open("rebind.test");
  name("rebind.test", "10.0.0.7");
  EXPECT_EQ(get("http://rebind.test/"), "403 zo: rebind.test:80 is not dialled: it resolves to 10.0.0.7, and it is a private address; zo door allow rebind.test --private");
  EXPECT_TRUE(wanted.empty()) << "the list names it";
  EXPECT_EQ(log(), std::vector<std::string>{"refused rebind.test:80 rebind.test:80 is not dialled: it resolves to 10.0.0.7, and it is a private address"});
}

TEST_F(WayOutTest, TheAddressThatWasSeenIsTheOneThatIsDialled) {
  open(at_site("moves.test"));
  ASSERT_TRUE(run(io, door->allow(person, at_site("moves.test"), Reach::Private)));
  name("moves.test", "127.0.0.1");
  EXPECT_EQ(get("http://" + at_site("moves.test") + "/", "HTTP/1.1 200 OK\r\n\r\nhello"), "200 hello");
  name("moves.test", "169.254.169.254");  // what the second question would be answered
  EXPECT_EQ(get("http://" + at_site("moves.test") + "/", "HTTP/1.1 200 OK\r\n\r\nhello"), "200 hello") << "for some seconds it is not asked again";
  clock.advance(limits::kNameKeptMs);
  const std::string said = get("http://" + at_site("moves.test") + "/");
  EXPECT_TRUE(said.starts_with("403 zo: ") && said.find("a cloud answers its own machines there") != said.npos) << said;
}

TEST_F(WayOutTest, ARedirectIsARequestLikeAnyOther) {
  open(at_site("127.0.0.1"));
  const std::string to = "http://169.254.169.254/latest";
  const std::string reply = fmt::format("HTTP/1.1 302 Found\r\nLocation: {}\r\n\r\nmoved", to);
  EXPECT_EQ(get("http://" + at_site("127.0.0.1") + "/", reply), "302 moved");
  EXPECT_TRUE(get(to).starts_with("403 zo: 169.254.169.254 is not allowed"));
  EXPECT_EQ(log().size(), 2u);
}

}  // namespace
}  // namespace zo
