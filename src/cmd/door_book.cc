#include "cmd/door_book.h"

#include <boost/json.hpp>

#include "api/wire/door.h"
#include "base/text.h"

namespace zo {

Task<Result<std::unique_ptr<DoorBook>>> DoorBook::open(ServerChoice choice) {
  ZO_CO_TRY(const Home home, open_home());
  auto book = std::make_unique<DoorBook>();
  const Executor executor = co_await asio::this_coro::executor;
  if (!choice.url.empty() || ApiClient::home_is_served(home)) {
    book->client_ = std::make_unique<ApiClient>(executor, choice, home);
  } else {
    ZO_CO_TRY(book->local_, co_await open_local_home(home));
    book->door_ = std::make_unique<Door>(executor, book->local_->clock, book->local_->dice, *book->local_->store);
  }
  co_return book;
}

Task<Result<Json>> DoorBook::allow(std::string host, Reach reach) {
  if (client_) co_return co_await client_->post("/api/door/rules", JsonObject{{"host", host}, {"private", reach == Reach::Private}});
  ZO_CO_TRY(const DoorRule rule, co_await door_->allow(local_->caller.person, std::move(host), reach));
  co_return Json(to_json(rule));
}

Task<Result<>> DoorBook::revoke(std::string host, Reach reach) {
  if (client_) {
    const Result<Json> gone = co_await client_->remove(with_query("/api/door/rules", {{"host", host}, {"private", reach == Reach::Private ? "true" : ""}}));
    co_return gone ? Result<>{} : std::unexpected(gone.error());
  }
  co_return co_await door_->revoke(local_->caller.person, std::move(host), reach);
}

Task<Result<JsonArray>> DoorBook::rules() {
  if (client_) co_return co_await items("/api/door/rules");
  ZO_CO_TRY(const std::vector<DoorRule> rules, co_await door_->rules(local_->caller.person));
  JsonArray all;
  for (const DoorRule& rule : rules) all.emplace_back(to_json(rule));
  co_return all;
}

Task<Result<JsonArray>> DoorBook::log(std::string run) {
  if (client_) co_return co_await items(with_query("/api/door/log", {{"run", run}}));
  ZO_CO_TRY(const std::vector<EgressRow> rows, co_await door_->log(local_->caller.person, std::move(run)));
  JsonArray all;
  for (const EgressRow& row : rows) all.emplace_back(to_json(row));
  co_return all;
}

Task<Result<JsonArray>> DoorBook::items(std::string path) {
  ZO_CO_TRY(const Json answer, co_await client_->get(std::move(path)));
  const JsonArray* all = array_at(answer, "items");
  co_return all != nullptr ? *all : JsonArray();
}

}  // namespace zo
