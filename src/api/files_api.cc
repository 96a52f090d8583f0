#include <sodium.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "api/files_api.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "async/offload.h"
#include "base/hash.h"
#include "base/text.h"
#include "os/file.h"

namespace zo {
namespace {

constexpr std::int64_t kLinkMs = 5 * 60 * 1'000;
constexpr std::size_t kLinkMakers = 1'024;
constexpr std::size_t kChunkBytes = 256 * 1024;

JsonObject to_json(const FileEntry& entry) {
  return {{"name", entry.name}, {"path", entry.path}, {"kind", kind_name(entry.kind)}, {"size_bytes", entry.size_bytes}, {"modified_at", to_rfc3339(entry.modified_at)}};
}

constexpr std::string_view kPdf = "application/pdf";

// What a page may show: pictures, whose scripts an <img> does not run, and PDF. Everything else is only ever downloaded.
std::string_view shown_type(std::string_view name) {
  const std::string lower = to_lower(name);
  for (const auto& [ending, type] : {std::pair{".png", "image/png"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".gif", "image/gif"}, {".webp", "image/webp"},
                                     {".svg", "image/svg+xml"}, {".pdf", kPdf.data()}})
    if (lower.ends_with(ending)) return type;
  return "application/octet-stream";
}

// A file from the workspace is never a page of our origin: an attachment, without sniffing, in a sandbox of its own. PDF alone may stand
// in a frame of the page: in the browser's viewer, which is of another origin, and the sandbox holds for what is around it.
std::vector<Header> file_headers(const FileDownload& file) {
  const std::string_view type = shown_type(file.name);
  return {{"Content-Type", std::string(type)},
          {"Content-Disposition", fmt::format("{}; filename*=UTF-8''{}", type == kPdf ? "inline" : "attachment", percent_encode(file.name))},
          {"X-Content-Type-Options", "nosniff"},
          {"Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'self'"},
          {"Accept-Ranges", "bytes"},
          {"Cache-Control", "no-store"}};
}

// A part of a file: from `begin` on, before `end`.
struct Part {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// "bytes=0-65535" or "bytes=100-" (RFC 9110, 14.1.2). Nothing for what is more, or less, than one range that the file has: it is sent whole.
std::optional<Part> part_asked_for(std::string_view range, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  const std::size_t dash = range.find('-');
  if (!range.starts_with(kUnit) || dash == std::string_view::npos) return std::nullopt;
  const auto first = to_whole_number(range.substr(kUnit.size(), dash - kUnit.size()));
  const std::string_view last_text = range.substr(dash + 1);
  const auto last = last_text.empty() ? size - 1 : to_whole_number(last_text);
  if (!first || !last || *first >= size || *last < *first) return std::nullopt;
  return Part{*first, std::min(*last, size - 1) + 1};
}

Result<std::string> read_chunk(int fd, std::uint64_t offset, std::uint64_t bytes_max) {
  std::string bytes(std::min<std::uint64_t>(kChunkBytes, bytes_max), '\0');
  const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (got < 0) return os_fail(errno, "cannot read on in the file");
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

// An Error after the beginning cuts the connection, so that nobody takes what came for the whole file.
Task<Result<>> send_file(ApiState& api, const ApiRequest& request, FileDownload file, HttpResponder& out) {
  std::vector<Header> headers = file_headers(file);
  const std::optional<Part> asked = part_asked_for(request.http.header("range"), file.size_bytes);
  if (asked) headers.push_back({"Content-Range", fmt::format("bytes {}-{}/{}", asked->begin, asked->end - 1, file.size_bytes)});
  const bool open = co_await out.begin_stream(asked ? 206 : 200, std::move(headers));
  if (!open) co_return Result<>{};
  // A whole file is read to its end, wherever that is by now.
  Part rest = asked.value_or(Part{.end = std::numeric_limits<std::uint64_t>::max()});
  for (;;) {
    auto read = [fd = file.fd.get(), rest] { return read_chunk(fd, rest.begin, rest.end - rest.begin); };
    ZO_CO_TRY(std::string chunk, co_await offload(api.zo.threads, std::move(read)));
    if (chunk.empty() && asked && rest.begin < rest.end) co_return fail(Code::Unavailable, "the file became shorter while it was sent");
    if (chunk.empty()) co_return Result<>{};
    rest.begin += chunk.size();
    const bool taken = co_await out.write(std::move(chunk));
    if (!taken) co_return Result<>{};
  }
}

// expiry "." person "." token "." MAC "." path, where MAC is keyed BLAKE2b over the others. The length keeps each in its place; the
// person is whose workspace it is, the token the one that made the link, empty for a person at the machine.
std::string sign(const std::string& key, TimeMs expires_at, std::string_view person, std::string_view token, const std::string& path) {
  const std::string signed_text = fmt::format("{}\n{}\n{}\n{}\n{}", expires_at, person, token, path.size(), path);
  return hash_hex({signed_text}, kHashBytes, key);
}

// Whoever may only talk puts down what goes along with a message: a new file at the top, by a plain name. The names that the owner's
// tools run by themselves begin with a dot or lie deeper (file/host_run.h).
Result<> check_attachment(const Principal& who, const std::string& path, Existing existing) {
  ZO_OK(may_attach(who));
  const bool plain = path.find('/') == path.npos && !path.starts_with('.');
  if (plain && existing == Existing::Keep) return {};
  return fail(Code::Denied, fmt::format("the token '{}' may only add files that go along with a message: new ones at the top of the workspace, whose names do not begin with a dot", who.name),
              "?path=notes.txt, without replace; or a token with --scope all");
}

// A link is good for as long as the token that made it.
Result<> remember_maker(ApiState& api, const Principal& maker) {
  if (!maker.life) return {};
  if (api.link_makers.size() >= kLinkMakers) std::erase_if(api.link_makers, [](const auto& one) { return one.second->over(); });
  if (api.link_makers.size() >= kLinkMakers && !api.link_makers.contains(maker.token.text()))
    return fail(Code::Exhausted, fmt::format("{} tokens have made links, the limit until the next start", kLinkMakers), "GET /api/files/content");
  api.link_makers.insert_or_assign(maker.token.string(), maker.life);
  return {};
}

}  // namespace

std::string_view kind_name(FileKind kind) {
  switch (kind) {
    case FileKind::File: return "file";
    case FileKind::Folder: return "folder";
    case FileKind::Other: return "other";
  }
  return "other";
}

Result<std::reference_wrapper<Files>> files_of(ApiState& api, const ApiRequest& request) { return api.zo.workspaces.of(request.principal.person); }

Result<std::string> path_of(const ApiRequest& request) {
  const std::optional<std::string> path = request.parameter("path");
  if (path && !path->empty()) return *path;
  return fail(Code::Invalid, "the parameter 'path' is missing", "?path=notes.txt");
}

Task<Result<HttpReply>> list_files(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(Files& files, files_of(api, request));
  ZO_CO_TRY(const FileList list, co_await files.list(request.parameter("path").value_or(".")));
  JsonArray items;
  for (const FileEntry& entry : list.items) items.emplace_back(to_json(entry));
  co_return json_reply({{"path", list.path}, {"items", std::move(items)}, {"truncated", list.truncated}});
}

Task<Result<HttpReply>> show_file(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(Files& files, files_of(api, request));
  ZO_CO_TRY(std::string path, path_of(request));
  ZO_CO_TRY(const FileEntry entry, co_await files.entry(std::move(path)));
  co_return json_reply(to_json(entry));
}

Task<Result<>> download_file(ApiState& api, ApiRequest& request, HttpResponder& out) {
  ZO_CO_TRY(Files& files, files_of(api, request));
  ZO_CO_TRY(std::string path, path_of(request));
  ZO_CO_TRY(FileDownload file, co_await files.download(std::move(path)));
  co_return co_await send_file(api, request, std::move(file), out);
}

Task<Result<HttpReply>> upload_file(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(Files& files, files_of(api, request));
  ZO_CO_TRY(std::string path, path_of(request));
  const Existing existing = request.parameter("replace") == "true" ? Existing::Replace : Existing::Keep;
  if (request.principal.scope != TokenScope::All) ZO_CO_OK(check_attachment(request.principal, path, existing));
  const std::size_t size = request.http.body.size();
  ZO_CO_TRY(const std::string stored, co_await files.upload(std::move(path), std::move(request.http.body), existing));
  co_return json_reply({{"path", stored}, {"size_bytes", size}}, 201);
}

Task<Result<HttpReply>> link_file(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(const Files& files, files_of(api, request));
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(const std::string wanted, required_text(body, "path"));
  ZO_CO_TRY(const std::string path, files.inside(wanted));
  ZO_CO_OK(remember_maker(api, request.principal));
  const TimeMs expires_at = api.zo.world.clock.now() + kLinkMs;
  const std::string_view person = request.principal.person.text();
  const std::string_view token = request.principal.token.text();
  const std::string link = fmt::format("{}.{}.{}.{}.{}", expires_at, person, token, sign(api.signing_key, expires_at, person, token, path), to_hex(path));
  co_return json_reply({{"url", "/files/" + link}, {"expires_at", to_rfc3339(expires_at)}});
}

Task<Result<>> follow_link(ApiState& api, ApiRequest& request, HttpResponder& out) {
  const Error refused{Code::Denied, "this link is not valid, or is older than five minutes", "reload the page and try again"};
  const std::vector<std::string_view> parts = split(request.path.at("link"), '.');
  std::string path;
  if (parts.size() != 5 || parts[4].size() % 2 != 0) co_return std::unexpected(refused);
  std::string escaped;
  for (std::size_t i = 0; i < parts[4].size(); i += 2) escaped += "%" + std::string(parts[4].substr(i, 2));
  if (!percent_decode(escaped, path)) co_return std::unexpected(refused);
  const std::optional<std::uint64_t> named_time = to_whole_number(parts[0]);
  if (!named_time) co_return std::unexpected(refused);
  const auto expires_at = static_cast<TimeMs>(*named_time);
  const std::string expected = sign(api.signing_key, expires_at, parts[1], parts[2], path);
  const bool genuine = expected.size() == parts[3].size() && sodium_memcmp(expected.data(), parts[3].data(), expected.size()) == 0;
  if (!genuine || expires_at < api.zo.world.clock.now()) co_return std::unexpected(refused);
  if (!parts[2].empty()) {
    const auto maker = api.link_makers.find(parts[2]);
    if (maker == api.link_makers.end() || maker->second->over()) co_return std::unexpected(refused);
    request.use = std::make_unique<TokenUse>(maker->second, [&out] { out.cut(); });
  }
  ZO_CO_TRY(Files& files, api.zo.workspaces.of(PersonId::stored(parts[1])));
  ZO_CO_TRY(FileDownload file, co_await files.download(std::move(path)));
  co_return co_await send_file(api, request, std::move(file), out);
}

}  // namespace zo
