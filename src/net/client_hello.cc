#include "net/client_hello.h"

#include <algorithm>

#include "base/limits.h"

namespace zo {
namespace {

constexpr std::size_t kRecordHead = 5;           // type, version, length
constexpr unsigned kHandshake = 22;              // ContentType
constexpr std::size_t kRecordBytes = 1 << 14;    // of plain text
constexpr unsigned kClientHello = 1;             // HandshakeType
constexpr std::size_t kMessageHead = 4;          // type, length
constexpr std::size_t kVersionAndRandom = 2 + 32;
constexpr std::size_t kNameBytes = 255;
constexpr unsigned kServerName = 0;              // ExtensionType, and NameType host_name

// Numbers and vectors of TLS, one after the other. What is not there is a failure that stays.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool failed() const { return failed_; }
  bool at_end() const { return bytes_.empty(); }

  std::string_view take(std::size_t count) {
    if (count > bytes_.size()) failed_ = true;
    const std::string_view taken = failed_ ? std::string_view() : bytes_.substr(0, count);
    bytes_ = failed_ ? std::string_view() : bytes_.substr(count);
    return taken;
  }
  std::size_t number(std::size_t width) {
    std::size_t value = 0;
    for (const char byte : take(width)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }
  // Bytes behind their number, which has `width` bytes.
  std::string_view vector(std::size_t width) { return take(number(width)); }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

std::unexpected<Error> not_tls() { return fail(Code::Invalid, "what came through CONNECT is not TLS", "plain HTTP is asked for by its whole URL"); }
std::unexpected<Error> malformed() { return fail(Code::Invalid, "the TLS ClientHello is malformed"); }

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytes && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

Result<std::string> read_server_name(std::string_view extension) {
  Reader reader(extension);
  Reader list(reader.vector(2));
  const bool host_name = list.number(1) == kServerName;
  const std::string_view name = list.vector(2);
  const bool one = !reader.failed() && !list.failed() && reader.at_end() && list.at_end();
  if (!one || !host_name || !is_name(name)) return malformed();
  return std::string(name);
}

Result<ClientHello> read_message(std::string_view message) {
  ClientHello hello;
  Reader reader(message);
  reader.take(kVersionAndRandom);
  reader.vector(1);  // session
  reader.vector(2);  // cipher suites
  reader.vector(1);  // compressions
  if (!reader.failed() && reader.at_end()) return hello;
  Reader extensions(reader.vector(2));
  if (reader.failed() || !reader.at_end()) return malformed();
  while (!extensions.at_end()) {
    const std::size_t type = extensions.number(2);
    const std::string_view extension = extensions.vector(2);
    if (extensions.failed()) return malformed();
    if (type != kServerName) continue;
    if (hello.server_name) return malformed();
    ZO_TRY(hello.server_name, read_server_name(extension));
  }
  return hello;
}

}  // namespace

Result<std::optional<ClientHello>> read_client_hello(std::string_view bytes) {
  std::string message;  // of as many records as it was cut into
  for (;;) {
    if (!bytes.empty() && static_cast<unsigned char>(bytes[0]) != kHandshake) return not_tls();
    if (bytes.size() > 1 && bytes[1] != 3) return not_tls();
    if (bytes.size() < kRecordHead) return std::nullopt;
    Reader head(bytes.substr(3));
    const std::size_t record = head.number(2);
    if (record == 0 || record > kRecordBytes) return not_tls();
    message += bytes.substr(kRecordHead, record);
    if (!message.empty() && static_cast<unsigned char>(message[0]) != kClientHello) return not_tls();
    if (message.size() >= kMessageHead) {
      const std::size_t length = Reader(std::string_view(message).substr(1)).number(3) + kMessageHead;
      if (length > limits::kTunnelHeadBytes) return fail(Code::Exhausted, "the TLS ClientHello is larger than 16 KiB, the limit");
      if (message.size() > length) return malformed();
      if (message.size() == length) return read_message(std::string_view(message).substr(kMessageHead));
    }
    if (bytes.size() < kRecordHead + record) return std::nullopt;
    bytes.remove_prefix(kRecordHead + record);
  }
}

}  // namespace zo
