#include "hook/hooks.h"

#include <fmt/core.h>

#include <array>

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "store/settings.h"

namespace zo {
namespace {

constexpr char kSetting[] = "hook";
constexpr std::array<std::int64_t, 3> kRetriesMs{2'000, 30'000, 300'000};
constexpr std::size_t kAtOnce = 64;
constexpr std::int64_t kAnswerMs = 15'000;
constexpr std::size_t kTitleBytes = 200;

HttpAsk ask_of(PersonId person, const Hook& hook, const HookNews& news) {
  HttpAsk ask{.method = "POST", .url = hook.url, .errand = {.person = std::move(person), .purpose = Purpose::WebHook}};
  ask.first_byte_ms = ask.idle_ms = kAnswerMs;
  if (hook.kind == HookKind::Ntfy) {
    ask.headers = {{"Title", one_line(news.title, kTitleBytes)}, {"Content-Type", "text/plain; charset=utf-8"}};
    ask.body = news.text;
  } else {
    ask.headers = {{"Content-Type", "application/json"}};
    ask.body = news.body;
  }
  if (!news.key.empty()) ask.headers.push_back({"Idempotency-Key", news.key});
  return ask;
}

}  // namespace

std::string_view hook_kind_name(HookKind kind) { return kind == HookKind::Json ? "json" : "ntfy"; }

std::optional<HookKind> hook_kind_from_name(std::string_view name) {
  if (name == "json") return HookKind::Json;
  if (name == "ntfy") return HookKind::Ntfy;
  return std::nullopt;
}

Task<Result<std::optional<Hook>>> Hooks::find(PersonId person) {
  ZO_CO_TRY(const std::optional<std::string> text, co_await read_setting(store_, std::move(person), kSetting));
  if (!text || text->empty()) co_return std::nullopt;
  const std::size_t space = text->find(' ');
  co_return Hook{text->substr(space + 1), hook_kind_from_name(text->substr(0, space)).value_or(HookKind::Json)};
}

Task<Result<>> Hooks::set(PersonId person, std::optional<Hook> hook) {
  if (hook) ZO_CO_OK(peer_of(hook->url));
  co_return co_await write_setting(store_, std::move(person), kSetting,
                                   hook ? std::optional(fmt::format("{} {}", hook_kind_name(hook->kind), hook->url)) : std::nullopt);
}

void Hooks::tell(PersonId person, HookNews news) {
  if (telling_.size() >= kAtOnce) return log_warn("hook", "too much is being told at once; not told: " + news.title);
  telling_.spawn("hook", tell_now(std::move(person), std::move(news)));
}

Task<void> Hooks::tell_now(PersonId person, HookNews news) {
  const Result<std::optional<Hook>> hook = co_await find(person);
  if (!hook || !*hook) co_return;
  Result<> told = co_await tell_hook(http_, person, **hook, news);
  for (const std::int64_t delay_ms : kRetriesMs) {
    // What is refused will be refused again.
    if (told || told.error().code == Code::Denied || told.error().code == Code::Invalid) break;
    co_await clock_.sleep_for(delay_ms);
    told = co_await tell_hook(http_, person, **hook, news);
  }
  if (!told) log_warn("hook", fmt::format("could not tell '{}': {}{}", news.title, told.error().message, told.error().advice.empty() ? "" : "; try: " + told.error().advice));
}

Task<Result<>> tell_hook(HttpClient& http, PersonId person, Hook hook, HookNews news) {
  ZO_CO_TRY(HttpAnswer answer, co_await http.send(ask_of(std::move(person), hook, news)));
  if (answer.status < 300) co_return Result<>{};
  const bool may_pass = answer.status >= 500 || answer.status == 408 || answer.status == 425 || answer.status == 429;
  const Result<HostPort> peer = peer_of(hook.url);
  co_return fail(may_pass ? Code::Unavailable : Code::Invalid, fmt::format("{} answered {}", peer ? peer->host.text : "the hook", answer.status));
}

}  // namespace zo
