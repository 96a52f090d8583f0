#include "cmd/limit_book.h"

#include <fmt/core.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "api/wire/limit.h"

namespace zo {

Task<Result<std::unique_ptr<LimitBook>>> LimitBook::open(ServerChoice choice) {
  ZO_CO_TRY(const Home home, open_home());
  auto book = std::make_unique<LimitBook>();
  if (!choice.url.empty() || ApiClient::home_is_served(home)) {
    book->client_ = std::make_unique<ApiClient>(co_await asio::this_coro::executor, choice, home);
    co_return book;
  }
  ZO_CO_TRY(book->local_, co_await open_local_home(home));
  book->limits_ = std::make_unique<Limits>(*book->local_->store);
  ZO_CO_OK(co_await book->limits_->open());
  co_return book;
}

Task<Result<JsonArray>> LimitBook::list() {
  if (!client_) co_return limits_json(*limits_, local_->caller.person);
  ZO_CO_TRY(const Json answer, co_await client_->get("/api/limits"));
  const JsonArray* all = array_at(answer, "items");
  co_return all != nullptr ? *all : JsonArray();
}

Task<Result<Json>> LimitBook::one(Limit limit) {
  ZO_CO_TRY(const JsonArray all, co_await list());
  for (const Json& item : all)
    if (text_at(item, "name") == spec_of(limit).name) co_return item;
  co_return fail(Code::NotFound, fmt::format("this ZoClone has no limit '{}'", spec_of(limit).name), "zo limit list");
}

Task<Result<Json>> LimitBook::set(Limit limit, std::optional<std::int64_t> value) {
  const LimitSpec& spec = spec_of(limit);
  if (client_) co_return co_await client_->put(fmt::format("/api/limits/{}", spec.name), JsonObject{{"value", value ? Json(*value) : Json(nullptr)}});
  ZO_CO_OK(co_await limits_->set(local_->caller.person, limit, value));
  co_return Json(to_json(*limits_, local_->caller.person, spec));
}

Task<Result<CommandLimits>> command_limits() {
  ZO_CO_TRY(const Home home, open_home());
  CommandLimits given;
  if (!ApiClient::home_is_served(home) && ::access(home.database().c_str(), F_OK) != 0) co_return given;
  ZO_CO_TRY(const auto book, co_await LimitBook::open({}));
  ZO_CO_TRY(const JsonArray all, co_await book->list());
  for (const Json& item : all) {
    const std::string name = text_at(item, "name");
    const std::int64_t value = integer_at(item, "value").value_or(0);
    if (name == spec_of(Limit::CommandTime).name) given.time_s = value;
    if (name == spec_of(Limit::CommandMemory).name) given.memory_bytes = value;
    if (name == spec_of(Limit::CommandProcesses).name) given.processes_max = value;
    if (name == spec_of(Limit::DiskARun).name && bool_at(item, "chosen").value_or(false)) given.disk_bytes = value;
  }
  co_return given;
}

}  // namespace zo
