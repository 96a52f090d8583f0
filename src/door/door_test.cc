#include "door/door.h"

#include <gtest/gtest.h>

#include <mutex>

#include "base/text.h"
#include "net/http_client.h"
#include "store/store.h"
#include "testing/admit_all.h"
#include "testing/fake_clock.h"
#include "testing/http_raw.h"
#include "testing/run.h"
#include "testing/temp_folder.h"

namespace zo {
namespace {

struct DoorTest : testing::Test {
  asio::io_context io{1};
  Executor executor = io.get_executor();
  FakeClock clock{executor};
  SeededDice dice{7};
  TempFolder folder;
  std::unique_ptr<Store> store = *Store::open({.path = folder / "zo.db", .backup_folder = folder / "backups"});
  PersonId person = PersonId::make(dice, 1);
  PersonId other = PersonId::make(dice, 1);
  // The system's resolver, played: what each name resolves to, one after the other; the last stays.
  struct Played {
    std::mutex mutex;
    std::map<std::string, std::vector<std::string>> answers;
    std::vector<std::string> asked;
  };
  std::shared_ptr<Played> played = std::make_shared<Played>();
  std::optional<Door> door;
  std::optional<HttpClient> client;

  void SetUp() override {
    const auto add = [](Store& store, PersonId id) -> Task<Result<>> {
      auto change = [id](Transaction& tx) -> Result<> {
        tx.change("INSERT INTO people (id, name, created_at) VALUES (?, ?, ?)", id, id.text(), 1);
        return {};
      };
      co_return co_await store.write(std::move(change));
    };
    for (const PersonId& id : {person, other}) ASSERT_TRUE(run(io, add(*store, id)));
    open();
  }
  void open() {
    door.emplace(executor, clock, dice, *store, [played = played](const std::string& name) { return resolve(*played, name); });
    client.emplace(executor, &*door);
  }
  void TearDown() override {
    client.reset();
    run(io, door->stop());
    door.reset();
  }

  static Result<std::vector<IpAddress>> resolve(Played& played, const std::string& name) {
    const std::lock_guard lock(played.mutex);
    played.asked.push_back(name);
    std::vector<std::string>& left = played.answers[name];
    if (left.empty()) return fail(Code::Unavailable, "cannot reach " + name + ": its name does not resolve");
    const std::string now = left.front();
    if (left.size() > 1) left.erase(left.begin());
    std::vector<IpAddress> all;
    for (const std::string_view part : split(now, ' ')) all.push_back(*IpAddress::parse(part));
    return all;
  }

  Errand errand(Purpose purpose = Purpose::Fetch, std::string run = "01RUN") const { return {person, std::move(run), purpose}; }
  Result<Passage> admit(std::string host, std::uint16_t port = 443, std::optional<Errand> as = {}) {
    return run(io, door->admit({as ? *as : errand(), std::move(host), port, port == 443}));
  }
  // "93.184.216.34", or why not.
  std::string answer(std::string host, std::uint16_t port = 443, std::optional<Errand> as = {}) {
    const Result<Passage> passage = admit(std::move(host), port, std::move(as));
    if (!passage) return sentence(passage.error());
    std::string all;
    for (const IpAddress& address : passage->addresses) all += (all.empty() ? "" : " ") + address.text();
    return all;
  }
  Result<DoorRule> allow(std::string host, Reach reach = Reach::Public) { return run(io, door->allow(person, std::move(host), reach)); }
  Result<> revoke(std::string host, Reach reach = Reach::Public) { return run(io, door->revoke(person, std::move(host), reach)); }
  std::vector<std::string> log(std::string of_run = "", std::optional<PersonId> whose = {}) {
    std::vector<std::string> lines;
    for (const EgressRow& row : *run(io, door->log(whose.value_or(person), std::move(of_run))))
      lines.push_back(fmt::format("{} {}:{} [{}] {}{}{}", row.purpose, row.host, row.port, row.address, verdict_name(row.verdict),
                                  row.reason.empty() ? "" : ": " + row.reason,
                                  row.end ? fmt::format(" → {} {} {}", row.end->sent_bytes, row.end->received_bytes, row.end->failure) : ""));
    return lines;
  }
};

TEST_F(DoorTest, PublicNamesPassByTheAddressesThatWereSeen) {
  played->answers["example.org"] = {"93.184.216.34 2606:4700::1111"};
  EXPECT_EQ(answer("Example.ORG."), "93.184.216.34 2606:4700::1111");
  EXPECT_EQ(admit("Example.ORG.")->host.text, "example.org");
  EXPECT_EQ(answer("1.1.1.1"), "1.1.1.1") << "a number is not resolved";
  EXPECT_EQ(played->asked, std::vector<std::string>{"example.org"}) << "and a name not again for some seconds";
  clock.advance(limits::kNameKeptMs);
  EXPECT_EQ(answer("example.org"), "93.184.216.34 2606:4700::1111");
  EXPECT_EQ(played->asked.size(), 2u);
}

TEST_F(DoorTest, ANameThatDoesNotResolveIsAskedForAgain) {
  EXPECT_EQ(answer("new.example"), "cannot reach new.example: its name does not resolve");
  EXPECT_EQ(log()[0], "fetch new.example:443 [] unresolved: cannot reach new.example: its name does not resolve");
  played->answers["new.example"] = {"93.184.216.34"};
  EXPECT_EQ(answer("new.example"), "93.184.216.34");
}

TEST_F(DoorTest, ASilentResolverIsNotWaitedFor) {
  const PassingTime time(executor, clock);
  std::unique_lock silent(played->mutex);
  EXPECT_EQ(answer("slow.example"), "cannot reach slow.example: its name did not resolve within 5 s (try: check the address and the network)");
  silent.unlock();
}

struct Row {
  const char* host;
  const char* why;
};

// One address of every range of the table, as a number and behind a name, for the HTTP client as a dialler: nothing is dialled.
constexpr Row kTable[] = {
    {"0.0.0.0", "it is a reserved address"},
    {"10.1.2.3", "it is a private address"},
    {"100.64.0.1", "it is a private address"},
    {"127.0.0.1", "it is this machine itself"},
    {"169.254.0.1", "it is a link-local address"},
    {"169.254.169.254", "a cloud answers its own machines there"},
    {"172.16.0.1", "it is a private address"},
    {"192.0.0.1", "it is a reserved address"},
    {"192.168.1.1", "it is a private address"},
    {"198.18.0.1", "it is a reserved address"},
    {"224.0.0.1", "it is a multicast address"},
    {"240.0.0.1", "it is a reserved address"},
    {"255.255.255.255", "it is a reserved address"},
    {"100.100.100.200", "a cloud answers its own machines there"},
    {"168.63.129.16", "a cloud answers its own machines there"},
    {"::", "it is a reserved address"},
    {"::1", "it is this machine itself"},
    {"fc00::1", "it is a private address"},
    {"fe80::1", "it is a link-local address"},
    {"ff02::1", "it is a multicast address"},
    {"::ffff:127.0.0.1", "it is this machine itself"},
    {"64:ff9b::a00:1", "it is a private address"},
    {"2002:a00:1::", "it is a private address"},
};

TEST_F(DoorTest, TheClientDialsNothingOfTheTable) {
  for (const Row& row : kTable) {
    const std::string in_url = canonical_host(row.host)->in_url();
    const Result<HttpAnswer> number = run(io, client->send({.url = "http://" + in_url + "/", .errand = errand()}));
    ASSERT_FALSE(number) << row.host;
    EXPECT_EQ(number.error().code, Code::Denied) << row.host;
    EXPECT_EQ(sentence(number.error()), fmt::format("{0}:80 is not dialled: {1} (try: zo door allow {0}:80)", in_url, row.why));

    const std::string name = fmt::format("n{}.example", &row - kTable);
    played->answers[name] = {std::string("93.184.216.34 ") + row.host};  // one of several is enough
    const Result<HttpAnswer> named = run(io, client->send({.url = "https://" + name + "/", .errand = errand(Purpose::WebHook)}));
    ASSERT_FALSE(named) << row.host;
    EXPECT_EQ(sentence(named.error()), fmt::format("{0}:443 is not dialled: it resolves to {1}, and {2} (try: zo door allow {0} --private)", name, row.host, row.why));
  }
  EXPECT_EQ(log().size(), 2 * std::size(kTable)) << "every refusal is a row";
}

TEST_F(DoorTest, AnAddressOfThisMachineIsNotDialledForOthers) {
  for (const IpAddress& own : own_interfaces()) EXPECT_FALSE(admit(own.text(), 80)) << own.text();
}

TEST_F(DoorTest, HostsThatCanBeReadInTwoWaysAreRefusedAndLogged) {
  for (const char* host : {"2130706433", "0x7f.1", "017700000001", "127.1", "user@example.org", "a%2eb", "fe80::1%eth0", "münchen.de"}) {
    const Result<Passage> passage = admit(host);
    ASSERT_FALSE(passage) << host;
    EXPECT_EQ(passage.error().code, Code::Invalid);
  }
  EXPECT_FALSE(admit(std::string("evil.example\0.pypi.org", 22)));
  EXPECT_EQ(log().size(), 9u);
  EXPECT_EQ(log()[0], R"(fetch "evil.example\u0000.pypi.org":443 [] refused: the host '"evil.example\u0000.pypi.org"' holds a control character)");
  EXPECT_FALSE(run(io, client->send({.url = "http://0x7f.1/", .errand = errand()})));
  EXPECT_EQ(log().size(), 10u) << "of the HTTP client, too";
  EXPECT_TRUE(played->asked.empty());
}

// A resolver of an attacker: public when it is looked at, private when it is dialled.
TEST_F(DoorTest, ANameThatResolvesAnewIsNotAskedTwice) {
  HttpServer server(executor, clock, admit_all([](HttpRequest, HttpResponder& responder) -> Task<void> { co_await responder.reply({200, {}, "inside"}); }, 1'000), {});
  ASSERT_TRUE(server.listen_tcp("127.0.0.1:0"));
  const auto port = static_cast<std::uint16_t>(server.port());
  ASSERT_TRUE(allow("rebind.example:" + std::to_string(port)));
  played->answers["rebind.example"] = {"192.0.2.1", "127.0.0.1"};
  HttpAsk ask{.url = fmt::format("http://rebind.example:{}/", port), .errand = errand(), .connect_ms = 50};
  const Result<HttpAnswer> first = run(io, client->send(ask));
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, Code::Unavailable) << "192.0.2.1 was dialled, where nobody is";
  EXPECT_EQ(played->asked.size(), 1u);
  clock.advance(limits::kNameKeptMs);
  EXPECT_EQ(run(io, client->send(ask)).error().code, Code::Denied);
  EXPECT_EQ(played->asked.size(), 2u);
  EXPECT_EQ(server.connections(), 0u);
  run(io, server.stop());
}

TEST_F(DoorTest, UnusualPortsAreForWhatWasNamed) {
  EXPECT_EQ(answer("1.1.1.1", 22), "1.1.1.1:22 is not dialled: port 22 is none of 80, 443, 8080 and 8443 (try: zo door allow 1.1.1.1:22)");
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{80, 443, 8080, 8443}) EXPECT_EQ(answer("1.1.1.1", port), "1.1.1.1");
  ASSERT_TRUE(allow("1.1.1.1:22"));
  EXPECT_EQ(answer("1.1.1.1", 22), "1.1.1.1");
  EXPECT_FALSE(admit("1.1.1.1", 25));
}

TEST_F(DoorTest, APersonAllowsAndTakesBack) {
  played->answers["mirror.example"] = {"10.0.0.5"};
  EXPECT_EQ(answer("mirror.example"), "mirror.example:443 is not dialled: it resolves to 10.0.0.5, and it is a private address (try: zo door allow mirror.example --private)");
  ASSERT_TRUE(allow("mirror.example"));
  EXPECT_FALSE(admit("mirror.example")) << "allowed, but to public addresses alone";
  ASSERT_TRUE(allow("Mirror.Example.", Reach::Private));
  EXPECT_EQ(answer("mirror.example"), "10.0.0.5");
  EXPECT_FALSE(admit("other.mirror.example")) << "that name alone";
  EXPECT_FALSE(admit("10.0.0.5")) << "not its number";
  EXPECT_FALSE(admit("mirror.example", 443, Errand{other, "", Purpose::Fetch})) << "and that person alone";
  ASSERT_TRUE(allow("mirror.example"));
  EXPECT_EQ(answer("mirror.example"), "10.0.0.5") << "allowing less takes nothing back";
  ASSERT_TRUE(revoke("mirror.example", Reach::Private));
  EXPECT_FALSE(admit("mirror.example"));
  EXPECT_EQ(run(io, door->rules(person))->size(), 1u);
  ASSERT_TRUE(revoke("mirror.example"));
  EXPECT_TRUE(run(io, door->rules(person))->empty());
  EXPECT_EQ(sentence(revoke("mirror.example").error()), "there is no rule of the door for 'mirror.example' (try: zo door list shows them)");
}

TEST_F(DoorTest, AnAddressThatTheOwnerNamesIsAllowedAsItStands) {
  EXPECT_EQ(allow("127.0.0.1:9000")->text(), "127.0.0.1:9000");
  EXPECT_EQ(allow("[fd00::1]:80")->text(), "[fd00::1]:80");
  ASSERT_TRUE(allow("localhost:9001"));
  EXPECT_EQ(answer("127.0.0.1", 9000), "127.0.0.1");
  EXPECT_EQ(answer("fd00::1", 80), "fd00::1");
  EXPECT_EQ(answer("localhost", 9001), "127.0.0.1 ::1");
  EXPECT_FALSE(admit("127.0.0.1", 9001));
  EXPECT_TRUE(played->asked.empty());
  ASSERT_TRUE(revoke("127.0.0.1"));
  EXPECT_FALSE(admit("127.0.0.1", 9000));
}

TEST_F(DoorTest, ANameThatWasAllowedDoesNotLeadToAMachinesOwnCredentials) {
  ASSERT_TRUE(allow("mirror.example", Reach::Private));
  played->answers["mirror.example"] = {"169.254.169.254"};
  EXPECT_EQ(answer("mirror.example"), "mirror.example:443 is not dialled: it resolves to 169.254.169.254, and a cloud answers its own machines there");
}

TEST_F(DoorTest, RulesOutliveTheProcess) {
  ASSERT_TRUE(allow("b.example"));
  ASSERT_TRUE(allow("a.example:8000", Reach::Private));
  run(io, door->stop());
  open();
  const std::vector<DoorRule> rules = *run(io, door->rules(person));
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_EQ(rules[0].text(), "a.example:8000");
  EXPECT_EQ(rules[0].reach, Reach::Private);
  EXPECT_EQ(rules[1].text(), "b.example");
}

TEST_F(DoorTest, APersonHasSoManyRules) {
  for (std::size_t i = 0; i < limits::kDoorRules; ++i) ASSERT_TRUE(allow(fmt::format("n{}.example", i)));
  EXPECT_EQ(allow("more.example").error().code, Code::Exhausted);
  EXPECT_TRUE(allow("n5.example", Reach::Private)) << "it is there already";
}

TEST_F(DoorTest, WhatTheOwnerTypedPassesForProvidersAlone) {
  door->trust(*canonical_host_port("10.0.0.9:11434"));
  door->trust(*canonical_host_port("gateway.corp:80"));
  played->answers["gateway.corp"] = {"192.168.0.1"};
  EXPECT_EQ(answer("10.0.0.9", 11434, errand(Purpose::Provider)), "10.0.0.9");
  EXPECT_EQ(answer("gateway.corp", 80, errand(Purpose::Provider)), "192.168.0.1");
  EXPECT_FALSE(admit("10.0.0.9", 11434, errand(Purpose::Fetch)));
  EXPECT_FALSE(admit("10.0.0.9", 11434, errand(Purpose::Sandbox)));
  EXPECT_FALSE(admit("10.0.0.9", 80, errand(Purpose::Provider)));
  EXPECT_EQ(admit("127.0.0.1", 80, Errand{.purpose = Purpose::Own})->addresses.size(), 1u);
  EXPECT_EQ(answer("1.1.1.1", 443, Errand{.purpose = Purpose::Own}), "1.1.1.1:443 is not on this machine");
  EXPECT_EQ(admit("1.1.1.1", 443, Errand{person, "", Purpose::Unnamed}).error().code, Code::Internal);
  EXPECT_EQ(admit("1.1.1.1", 443, Errand{.purpose = Purpose::Provider}).error().code, Code::Internal) << "nobody's errand leads nowhere";
}

TEST_F(DoorTest, AProxyOfTheEnvironmentResolvesNamesAndIsNotAWayAroundTheTable) {
  ::setenv("https_proxy", "http://10.0.0.1:3128", 1);
  const Result<Passage> passage = admit("example.org");
  const std::string number = answer("192.168.1.1");
  ASSERT_TRUE(allow("192.168.1.1:443"));
  const Result<Passage> named = admit("192.168.1.1");
  ::unsetenv("https_proxy");
  ASSERT_TRUE(passage);
  EXPECT_EQ(passage->proxy, "http://10.0.0.1:3128");
  EXPECT_TRUE(passage->addresses.empty());
  EXPECT_TRUE(played->asked.empty());
  EXPECT_EQ(number, "192.168.1.1:443 is not dialled: it is a private address (try: zo door allow 192.168.1.1:443)");
  EXPECT_EQ(named->proxy, "http://10.0.0.1:3128");
}

TEST_F(DoorTest, TheLogSaysWhoDialledWhatAndHowItEnded) {
  played->answers["example.org"] = {"93.184.216.34"};
  Result<Passage> first = admit("example.org", 443, errand(Purpose::Fetch, "01A"));
  Result<Passage> second = admit("example.org", 80, errand(Purpose::Sandbox, "01B"));
  second->ended({10, 2'000, ""});
  EXPECT_EQ(log(), (std::vector<std::string>{"sandbox example.org:80 [93.184.216.34] passed → 10 2000 ", "fetch example.org:443 [93.184.216.34] passed"}));
  first->ended({1, 0, "cut"});
  EXPECT_EQ(log("01A"), (std::vector<std::string>{"fetch example.org:443 [93.184.216.34] passed → 1 0 cut"})) << "told after the row was written";
  EXPECT_EQ(log("01C").size(), 0u);
  EXPECT_EQ(log("", other).size(), 0u);
  clock.advance(2);
  ASSERT_FALSE(admit("10.0.0.1"));
  EXPECT_EQ(log()[0], "fetch 10.0.0.1:443 [] refused: 10.0.0.1:443 is not dialled: it is a private address");
}

TEST_F(DoorTest, DialsToThisMachinesProvidersAreNotLogged) {
  door->trust(*canonical_host_port("127.0.0.1:11434"));
  ASSERT_TRUE(admit("127.0.0.1", 11434, errand(Purpose::Provider)));
  ASSERT_TRUE(admit("localhost", 80, Errand{person, "", Purpose::Own}));
  EXPECT_TRUE(log().empty());
}

TEST_F(DoorTest, ManyRowsAreOneCommitAndNoDialWaitsForIt) {
  const std::uint64_t before = store->commits();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(admit("1.1.1.1"));
  EXPECT_EQ(store->commits(), before);
  clock.advance(1'000);
  const auto written = [](std::function<bool()> holds) -> Task<bool> { co_return co_await eventually(std::move(holds)); };
  EXPECT_TRUE(run(io, written([&] { return store->commits() > before; })));
  EXPECT_EQ(store->commits(), before + 1);
  EXPECT_EQ(log().size(), 100u);
}

TEST_F(DoorTest, TheLogIsBounded) {
  for (std::size_t i = 0; i < limits::kEgressWaiting + 10; ++i) ASSERT_TRUE(admit("1.1.1.1", 443, errand(Purpose::Fetch, std::to_string(i))));
  EXPECT_EQ(log("0").size(), 0u) << "the oldest was dropped";
  EXPECT_EQ(log("10").size(), 1u);
  EXPECT_EQ(log().size(), limits::kEgressShown);
  for (std::size_t written = limits::kEgressWaiting; written < limits::kEgressRows + 1'500; written += 500) {
    for (std::size_t i = 0; i < 500; ++i) ASSERT_TRUE(admit("1.1.1.1"));
    log();
  }
  const auto count = [](Store& s) -> Task<Result<std::int64_t>> {
    auto question = [](Transaction& tx) -> Result<std::int64_t> { return tx.number("SELECT COUNT(*) FROM egress"); };
    co_return co_await s.read(std::move(question));
  };
  EXPECT_EQ(*run(io, count(*store)), static_cast<std::int64_t>(limits::kEgressRows));
}

}  // namespace
}  // namespace zo
