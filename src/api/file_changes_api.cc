#include <boost/json.hpp>

#include "api/files_api.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "base/text.h"

namespace zo {
namespace {

JsonObject to_json(const Trashed& what) {
  return {{"id", what.id},
          {"path", to_valid_utf8(what.path)},
          {"kind", kind_name(what.kind)},
          {"size_bytes", what.size_bytes},
          {"deleted_at", to_rfc3339(what.deleted_at)},
          {"kept_until", to_rfc3339(what.deleted_at + limits::kTrashMs)}};
}

HttpReply path_reply(const std::string& path, int status = 200) { return json_reply({{"path", to_valid_utf8(path)}}, status); }

}  // namespace

Task<Result<HttpReply>> remove_file(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(Files& files, files_of(api, request));
  ZO_CO_TRY(std::string path, path_of(request));
  ZO_CO_OK(co_await files.remove(std::move(path)));
  co_return empty_reply();
}

Task<Result<HttpReply>> make_folder(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(Files& files, files_of(api, request));
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(std::string path, required_text(body, "path"));
  ZO_CO_TRY(const std::string made, co_await files.make_folder(std::move(path)));
  co_return path_reply(made, 201);
}

Task<Result<HttpReply>> move_file(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(Files& files, files_of(api, request));
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(std::string path, required_text(body, "path"));
  ZO_CO_TRY(std::string to, required_text(body, "to"));
  ZO_CO_TRY(const std::string moved, co_await files.move(std::move(path), std::move(to)));
  co_return path_reply(moved);
}

Task<Result<HttpReply>> trash_file(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(Files& files, files_of(api, request));
  ZO_CO_TRY(const JsonObject body, body_of(request));
  ZO_CO_TRY(std::string path, required_text(body, "path"));
  ZO_CO_TRY(const Trashed what, co_await files.trash(std::move(path), api.zo.world.clock.now()));
  co_return json_reply(to_json(what), 201);
}

Task<Result<HttpReply>> list_trash(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(Files& files, files_of(api, request));
  ZO_CO_TRY(const std::vector<Trashed> all, co_await files.trashed(api.zo.world.clock.now()));
  JsonArray items;
  for (const Trashed& what : all) items.emplace_back(to_json(what));
  co_return json_reply({{"items", std::move(items)}});
}

Task<Result<HttpReply>> empty_trash(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(Files& files, files_of(api, request));
  ZO_CO_OK(co_await files.empty_trash());
  co_return empty_reply();
}

Task<Result<HttpReply>> restore_file(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(Files& files, files_of(api, request));
  ZO_CO_TRY(const std::string path, co_await files.restore(request.path.at("id")));
  co_return path_reply(path);
}

Task<Result<HttpReply>> discard_file(ApiState& api, ApiRequest& request) {
  ZO_CO_TRY(Files& files, files_of(api, request));
  ZO_CO_OK(co_await files.discard(request.path.at("id")));
  co_return empty_reply();
}

}  // namespace zo
