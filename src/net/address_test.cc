#include "net/address.h"

#include <gtest/gtest.h>

namespace zo {
namespace {

std::string canonical(std::string_view host) {
  const Result<HostName> name = canonical_host(host);
  return name ? name->text + (name->number ? " #" : "") : "refused: " + name.error().message;
}

TEST(CanonicalHost, IsTheOneSpellingOfAHost) {
  EXPECT_EQ(canonical("Example.ORG"), "example.org");
  EXPECT_EQ(canonical("example.org."), "example.org");
  EXPECT_EQ(canonical("xn--mnchen-3ya.de"), "xn--mnchen-3ya.de");
  EXPECT_EQ(canonical("localhost"), "localhost");
  EXPECT_EQ(canonical("my_server"), "my_server");
  EXPECT_EQ(canonical("1.2.3.example"), "1.2.3.example");
  EXPECT_EQ(canonical("3com.com"), "3com.com");
  EXPECT_EQ(canonical("192.0.2.7"), "192.0.2.7 #");
  EXPECT_EQ(canonical("[2001:DB8:0:0::1]"), "2001:db8::1 #");
  EXPECT_EQ(canonical("2001:db8::1"), "2001:db8::1 #");
  EXPECT_EQ(canonical("[::ffff:127.0.0.1]"), "::ffff:127.0.0.1 #");
  EXPECT_EQ(canonical_host("::1")->in_url(), "[::1]");
}

TEST(CanonicalHost, RefusesWhatCouldBeReadInTwoWays) {
  const auto refused = [](std::string_view host) { return canonical(host).starts_with("refused: "); };
  for (const char* host : {"2130706433", "0x7f.1", "0x7f000001", "017700000001", "127.1", "127.0.1", "0177.0.0.1", "127.0.0.1.", "127.0.0.01",
                           "1.2.3.4.5", "256.1.1.1", "example.1", "example.0x1f", "[127.0.0.1]"})
    EXPECT_TRUE(refused(host)) << host;
  for (const char* host : {"", ".", "..", "a..b", ".a", "-a.b", "a-.b", "a b", "a/b", "a\\b", "a?b", "a#b", "a:80", "user@host", "u:p@host",
                           "%31%32%37.0.0.1", "127.0.0.1%00.example.org", "fe80::1%eth0", "[fe80::1%25eth0]", "[::1", "::1]", "[]", "[", "1::2::3",
                           "münchen.de", "１２７.0.0.1", "a\tb", "a\x7f"})
    EXPECT_TRUE(refused(host)) << host;
  EXPECT_TRUE(refused(std::string_view("evil.example\0.pypi.org", 22)));
  EXPECT_TRUE(refused(std::string(64, 'a') + ".org"));
  EXPECT_TRUE(refused(std::string(254, 'a')));
  EXPECT_EQ(canonical_host("münchen.de").error().advice, "write it as punycode: xn--…");
}

TEST(CanonicalHost, TakesAPortBehindIt) {
  const auto read = [](std::string_view text) {
    const auto both = canonical_host_port(text);
    return both ? both->host.in_url() + " " + std::to_string(both->port) : both.error().message;
  };
  EXPECT_EQ(read("Example.org:8080"), "example.org 8080");
  EXPECT_EQ(read("example.org"), "example.org 0");
  EXPECT_EQ(read("[::1]:80"), "[::1] 80");
  EXPECT_EQ(read("::1"), "[::1] 0");
  for (const char* bad : {"a:", "a:0", "a:65536", "a:80x", "a:+80", "a:-1", "a: 80", "a:080808"})
    EXPECT_EQ(read(bad), std::string("the port of '") + bad + "' is not a number from 1 to 65535");
}

struct Row {
  const char* address;
  const char* why;  // empty: public
};

// The first and the last address of each range, and their neighbours.
constexpr Row kTable[] = {
    {"0.0.0.0", "it is a reserved address"},
    {"0.255.255.255", "it is a reserved address"},
    {"1.0.0.0", ""},
    {"9.255.255.255", ""},
    {"10.0.0.0", "it is a private address"},
    {"10.255.255.255", "it is a private address"},
    {"11.0.0.0", ""},
    {"100.63.255.255", ""},
    {"100.64.0.0", "it is a private address"},
    {"100.127.255.255", "it is a private address"},
    {"100.128.0.0", ""},
    {"100.100.100.200", "a cloud answers its own machines there"},
    {"126.255.255.255", ""},
    {"127.0.0.0", "it is this machine itself"},
    {"127.255.255.255", "it is this machine itself"},
    {"128.0.0.0", ""},
    {"168.63.129.15", ""},
    {"168.63.129.16", "a cloud answers its own machines there"},
    {"168.63.129.17", ""},
    {"169.253.255.255", ""},
    {"169.254.0.0", "it is a link-local address"},
    {"169.254.169.254", "a cloud answers its own machines there"},
    {"169.254.255.255", "it is a link-local address"},
    {"169.255.0.0", ""},
    {"172.15.255.255", ""},
    {"172.16.0.0", "it is a private address"},
    {"172.31.255.255", "it is a private address"},
    {"172.32.0.0", ""},
    {"191.255.255.255", ""},
    {"192.0.0.0", "it is a reserved address"},
    {"192.0.0.255", "it is a reserved address"},
    {"192.0.1.0", ""},
    {"192.167.255.255", ""},
    {"192.168.0.0", "it is a private address"},
    {"192.168.255.255", "it is a private address"},
    {"192.169.0.0", ""},
    {"198.17.255.255", ""},
    {"198.18.0.0", "it is a reserved address"},
    {"198.19.255.255", "it is a reserved address"},
    {"198.20.0.0", ""},
    {"223.255.255.255", ""},
    {"224.0.0.0", "it is a multicast address"},
    {"239.255.255.255", "it is a multicast address"},
    {"240.0.0.0", "it is a reserved address"},
    {"255.255.255.255", "it is a reserved address"},
    {"::", "it is a reserved address"},
    {"::1", "it is this machine itself"},
    {"::127.0.0.1", "it is this machine itself"},
    {"fbff::1", ""},
    {"fc00::1", "it is a private address"},
    {"fdff::1", "it is a private address"},
    {"fe80::1", "it is a link-local address"},
    {"febf::1", "it is a link-local address"},
    {"fec0::1", "it is a private address"},
    {"ff00::1", "it is a multicast address"},
    {"ffff::1", "it is a multicast address"},
    {"2606:4700::1111", ""},
    {"::ffff:127.0.0.1", "it is this machine itself"},
    {"::ffff:10.0.0.1", "it is a private address"},
    {"::ffff:169.254.169.254", "a cloud answers its own machines there"},
    {"::ffff:1.1.1.1", ""},
    {"64:ff9b::10.0.0.1", "it is a private address"},
    {"64:ff9b::100.100.100.200", "a cloud answers its own machines there"},
    {"64:ff9b::1.1.1.1", ""},
    {"64:ff9b:1::1.1.1.1", "it is a private address"},
    {"2002:7f00:1::", "it is this machine itself"},
    {"2002:a83f:8110::", "a cloud answers its own machines there"},
    {"2002:101:101::", ""},
    {"203.0.113.5", "it is an address of this machine"},
    {"2001:db8::5", "it is an address of this machine"},
    {"::ffff:203.0.113.5", "it is an address of this machine"},
    {"2002:cb00:7105::", "it is an address of this machine"},
};

TEST(WhyNotPublic, IsTheWholeTable) {
  const std::vector<IpAddress> own{*IpAddress::parse("203.0.113.5"), *IpAddress::parse("2001:db8::5")};
  for (const Row& row : kTable) {
    const auto address = IpAddress::parse(row.address);
    ASSERT_TRUE(address) << row.address;
    EXPECT_EQ(why_not_public(*address, own), row.why) << row.address;
  }
}

TEST(IpAddress, SurvivesTheWayThroughTheSystem) {
  for (const char* text : {"192.0.2.7", "2001:db8::1", "::ffff:1.2.3.4"}) {
    sockaddr_storage out;
    const IpAddress address = *IpAddress::parse(text);
    EXPECT_GT(address.to_sockaddr(80, out), 0u);
    EXPECT_EQ(IpAddress::of(reinterpret_cast<const sockaddr&>(out)), address);
    EXPECT_EQ(address.text(), text);
  }
}

TEST(OwnInterfaces, HoldLoopback) {
  const std::vector<IpAddress> own = own_interfaces();
  EXPECT_NE(std::ranges::find(own, IpAddress(IpAddress::V4{127, 0, 0, 1})), own.end());
}

TEST(ResolveHost, FindsThisMachineAndSaysWhatDoesNotResolve) {
  EXPECT_TRUE(resolve_host("localhost"));
  EXPECT_EQ(resolve_host("nowhere.invalid").error().message, "cannot reach nowhere.invalid: its name does not resolve");
}

TEST(CanonicalHost, KnowsThisMachine) {
  for (const char* host : {"localhost", "a.localhost", "127.0.0.5", "::1"}) EXPECT_TRUE(canonical_host(host)->is_loopback()) << host;
  for (const char* host : {"localhost.example", "10.0.0.1", "::2"}) EXPECT_FALSE(canonical_host(host)->is_loopback()) << host;
}

}  // namespace
}  // namespace zo
