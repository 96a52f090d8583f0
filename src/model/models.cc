#include "model/models.h"

#include <fmt/core.h>

#include <array>
#include <set>

#include "async/gather.h"
#include "base/text.h"
#include "model/http_provider.h"
#include "model/known_models.h"
#include "model/provider_settings.h"
#include "model/block_answer.h"
#include "store/settings.h"

namespace zo {
namespace {

constexpr char kSetting[] = "model";
constexpr std::size_t kNear = 3;
constexpr std::size_t kNameBytes = 200;
constexpr std::size_t kNameShown = 80;
constexpr std::size_t kProbesAtOnce = 4;
constexpr std::size_t kNamesMost = 50;  // that a token may name
constexpr std::string_view kLocalProvider = "local";
// What means "no wish": ours, and the name that older scripts send.
constexpr std::array<std::string_view, 3> kNoWish = {"", "default", "vercel:minimax/minimax-m2.7"};

bool is_no_wish(std::string_view wanted) { return std::ranges::find(kNoWish, wanted) != kNoWish.end(); }

struct Choice {
  std::string name;  // empty: the embedded model
  std::string source;
};

struct SplitName {
  std::string provider;
  std::string model;
};
SplitName split_name(const std::string& name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos) return {name, {}};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

}  // namespace

struct Models::State {
  Clock& clock;
  Store& store;
  Notices& notices;
  Provider& local;
  KeySource keys;
  std::vector<std::unique_ptr<HttpProvider>> providers = {};
  std::string environment_choice = {};  // ZO_MODEL
  std::set<std::string> used = {};      // providers that were asked for an answer, by somebody who might name them

  HttpProvider* provider(std::string_view name) {
    const auto found = std::ranges::find_if(providers, [&](const auto& p) { return p->name() == name; });
    return found != providers.end() ? found->get() : nullptr;
  }

  Task<Result<Choice>> choose(PersonId person, std::string wanted);
  Task<Result<ModelProfile>> find(PersonId person, std::string name);
  Task<Error> unknown(PersonId person, std::string name);
  std::string bare_name_of_known(const PersonId& person, const std::string& name);
};

// A store that cannot be read must not quietly mean another model.
Task<Result<Choice>> Models::State::choose(PersonId person, std::string wanted) {
  if (!is_no_wish(wanted)) co_return Choice{std::move(wanted), "request"};
  if (!is_no_wish(environment_choice)) co_return Choice{environment_choice, "environment"};
  Result<std::optional<std::string>> owner = co_await read_setting(store, person, kSetting);
  if (!owner) co_return std::unexpected(owner.error());
  if (*owner && !(*owner)->empty()) co_return Choice{**owner, "owner"};
  co_return Choice{{}, "embedded"};
}

Task<Result<ModelProfile>> Models::State::find(PersonId person, std::string name) {
  if (name.size() > kNameBytes || !is_valid_utf8(name))
    co_return fail(Code::Invalid, fmt::format("a model's name has at most {} bytes of UTF-8", kNameBytes), "zo model list");
  const SplitName split = split_name(name);
  if (split.provider == local.name()) co_return co_await local.profile(person, split.model);
  if (HttpProvider* direct = provider(split.provider); direct != nullptr)
    co_return co_await direct->profile(person, split.model);
  for (const ModelInfo& info : co_await local.models(person))
    if (info.name == std::string(local.name()) + "/" + name) co_return co_await local.profile(person, name);
  if (const std::string full = bare_name_of_known(person, name); !full.empty()) co_return co_await find(person, full);
  co_return std::unexpected(co_await unknown(person, std::move(name)));
}

// "gpt-5.4" for "openai/gpt-5.4"; a provider that can be used goes before one that cannot.
std::string Models::State::bare_name_of_known(const PersonId& person, const std::string& name) {
  for (const bool usable : {true, false})
    for (const auto& p : providers)
      for (const std::string& known : p->names_known())
        if (p->configured(person) == usable && known == name) return std::string(p->name()) + "/" + name;
  return {};
}

Task<Error> Models::State::unknown(PersonId person, std::string name) {
  std::vector<std::string> here;
  std::vector<std::string> elsewhere;
  for (const ModelInfo& info : co_await local.models(person)) here.push_back(info.name);
  for (const auto& p : providers)
    for (const std::string& known : p->names_known())
      (p->configured(person) ? here : elsewhere).push_back(std::string(p->name()) + "/" + known);
  std::vector<std::string> near = near_words(name, here, kNear);
  if (near.empty()) near = near_words(name, elsewhere, kNear);
  std::string_view relation = "near";
  if (near.empty()) {
    relation = "here";
    here.resize(std::min(here.size(), kNear));
    near = std::move(here);
  }
  std::string message = fmt::format("no model '{}'", one_line(name, kNameShown));
  if (!near.empty()) message += fmt::format("; {}: {}", relation, join(near, ", "));
  co_return Error{Code::Invalid, std::move(message), "zo model list; models are named provider/model"};
}

Result<Allowance> choose_models(std::string_view text) {
  Allowance allowance = Allowance::from_text(text, "chosen");
  if (allowance.names.size() > kNamesMost) return fail(Code::Exhausted, fmt::format("{} models are named, limit {}", allowance.names.size(), kNamesMost));
  for (const std::string& name : allowance.names) {
    const SplitName split = split_name(name);
    const bool known = split.provider == kLocalProvider || std::ranges::find(known_providers(), split.provider, &KnownProvider::name) != known_providers().end();
    if (!known || split.model.empty() || name.size() > kNameBytes || !is_valid_utf8(name))
      return fail(Code::Invalid, fmt::format("'{}' is not the name of a model", one_line(name, kNameShown)), "all, chosen, or provider/name with commas; zo model list");
  }
  return allowance;
}

Models::Models(Clock& clock, Dice& dice, HttpClient& http, Store& store, Notices& notices, Provider& local, ModelEnvironment environment)
    : state_(std::make_unique<State>(State{.clock = clock, .store = store, .notices = notices, .local = local, .keys = KeySource(provider_keys(environment))})) {
  for (HttpProviderSettings& settings : provider_settings(environment))
    state_->providers.push_back(std::make_unique<HttpProvider>(clock, dice, http, state_->keys, std::move(settings)));
  if (const auto chosen = environment.variables.find("ZO_MODEL"); chosen != environment.variables.end())
    state_->environment_choice = trim(chosen->second);
}

Models::~Models() = default;

Task<Result<ModelProfile>> Models::resolve(PersonId person, std::string wanted) {
  const Result<Choice> choice = co_await state_->choose(person, std::move(wanted));
  if (!choice) co_return std::unexpected(choice.error());
  if (choice->name.empty()) co_return co_await state_->local.profile(person, {});
  Result<ModelProfile> profile = co_await state_->find(person, choice->name);
  if (!profile && choice->source == "environment") profile.error().message = "ZO_MODEL: " + profile.error().message;
  co_return profile;
}

Task<Result<ModelProfile>> Models::resolve(PersonId person, std::string wanted, Allowance may_name) {
  const bool is_wish = !is_no_wish(wanted);
  ZO_CO_TRY(ModelProfile profile, co_await resolve(person, std::move(wanted)));
  if (!is_wish || may_name.allows(profile.name)) co_return profile;
  const Result<ModelProfile> chosen = co_await resolve(person, "");
  if (chosen && chosen->name == profile.name) co_return profile;
  co_return fail(Code::Denied, fmt::format("this token may not use '{}'", one_line(profile.name, kNameShown)),
                 "leave the model out, or make a token that may name it: zo token create --models NAME");
}

Task<std::string> Models::source_of_choice(PersonId person, std::string wanted) {
  const Result<Choice> choice = co_await state_->choose(std::move(person), std::move(wanted));
  co_return choice ? choice->source : "embedded";
}

Task<std::vector<ModelInfo>> Models::list(PersonId person) {
  std::vector<ModelInfo> all = co_await state_->local.models(person);
  const Result<Choice> choice = co_await state_->choose(person, {});
  std::set<std::string> used = state_->used;
  if (choice) used.insert(split_name(choice->name).provider);
  std::vector<HttpProvider*> providers;
  for (const auto& p : state_->providers) providers.push_back(p.get());
  auto asking = gather(std::move(providers), kProbesAtOnce, [person](HttpProvider* p) { return p->models(person); });
  for (std::vector<ModelInfo>& infos : co_await std::move(asking))
    for (ModelInfo& info : infos) {
      if (used.contains(info.provider)) info.state = ModelState::Ready;
      all.push_back(std::move(info));
    }
  // A model that was chosen by name need not be in any list.
  const bool listed = !choice || choice->name.empty() ||
                      std::ranges::any_of(all, [&](const ModelInfo& info) { return info.name == choice->name; });
  const HttpProvider* provider = listed ? nullptr : state_->provider(split_name(choice->name).provider);
  if (provider != nullptr)
    all.push_back({.name = choice->name, .label = choice->name, .provider = std::string(provider->name()),
                   .source = provider->known().is_program ? ModelSource::Loopback : ModelSource::Environment,
                   .state = provider->configured(person) ? ModelState::Ready : ModelState::Failed,
                   .detail = provider->configured(person) ? "" : fmt::format("{} is not set", provider->known().key_variable)});
  co_return all;
}

Task<std::vector<ModelInfo>> Models::list(PersonId person, Allowance may_name) {
  std::vector<ModelInfo> models = co_await list(person);
  const Result<ModelProfile> chosen = co_await resolve(std::move(person), "");
  std::erase_if(models, [&](const ModelInfo& info) { return !may_name.allows(info.name) && !(chosen && chosen->name == info.name); });
  co_return models;
}

Task<Result<>> Models::use(PersonId person, std::string name) {
  std::optional<std::string> chosen;
  if (!is_no_wish(name)) {
    ZO_CO_TRY(ModelProfile profile, co_await state_->find(person, std::move(name)));
    chosen = std::move(profile.name);
  }
  ZO_CO_OK(co_await write_setting(state_->store, person, kSetting, std::move(chosen)));
  state_->notices.tell(person, {Notice::What::Models, ""});
  co_return Result<>{};
}

Task<Result<ModelReply>> Models::stream(const ModelProfile& profile, ModelRequest request, OnDelta on_delta) {
  SplitName split = split_name(profile.name);
  Provider* provider = &state_->local;
  if (split.provider != state_->local.name()) provider = state_->provider(split.provider);
  if (provider == nullptr) co_return fail(Code::Invalid, fmt::format("no provider '{}'", split.provider), "zo model list");
  if (state_->used.insert(split.provider).second) state_->notices.tell_all({Notice::What::Models, ""});
  request.model = std::move(split.model);
  if (profile.tool_calls == ToolCalls::Native) co_return co_await provider->stream(std::move(request), std::move(on_delta));
  BlockAnswer answer(*provider, request, std::move(on_delta));
  Task<Result<ModelReply>> giving = answer.give();
  co_return co_await std::move(giving);
}

}  // namespace zo
