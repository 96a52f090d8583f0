#include "model/models.h"

#include <fmt/core.h>

#include <array>
#include <boost/json.hpp>
#include <set>

#include "async/gather.h"
#include "base/text.h"
#include "model/http_provider.h"
#include "model/known_models.h"
#include "model/provider_settings.h"
#include "model/redacted_answer.h"
#include "model/stored_quirks.h"
#include "model/block_answer.h"
#include "store/settings.h"

namespace zo {
namespace {

constexpr char kSetting[] = "model";
constexpr std::size_t kNear = 3;
constexpr int kTestTokens = 200;
constexpr std::int64_t kTestPatienceMs = 5'000;
constexpr std::size_t kNameBytes = 200;
constexpr std::size_t kNameShown = 80;
constexpr std::size_t kProbesAtOnce = 4;
constexpr std::size_t kNamesMost = 50;  // that a token may name
constexpr std::string_view kLocalProvider = "local";
constexpr std::string_view kListing = "models.";  // of the setting that keeps what a provider said it has
// What means "no wish": ours, and the name that older scripts send.
constexpr std::array<std::string_view, 3> kNoWish = {"", "default", "vercel:minimax/minimax-m2.7"};

bool is_no_wish(std::string_view wanted) { return std::ranges::find(kNoWish, wanted) != kNoWish.end(); }

bool has_models(const ProviderKey& key) {
  const KnownProvider* const known = known_provider(key.provider);
  return known == nullptr || known->kind == ProviderKind::Model;
}

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
  KeySource& keys;
  Dice& dice;
  HttpClient& http;
  StoredQuirks learned;
  std::vector<HttpProviderSettings> settings = {};           // of the providers of our table
  std::vector<std::shared_ptr<HttpProvider>> providers = {};  // with what the environment says
  std::map<SecretId, std::shared_ptr<HttpProvider>> of_keys = {};  // with a key of a person's
  std::map<std::pair<PersonId, std::string>, std::vector<ListedModel>> kept_lists = {};  // by provider
  std::string environment_choice = {};  // ZO_MODEL
  std::set<std::string> used = {};      // providers that were asked for an answer, by somebody who might name them

  // Those that a person can name: where a key of theirs is chosen, the provider with that key.
  std::vector<std::shared_ptr<HttpProvider>> providers_of(const PersonId& person);
  std::shared_ptr<HttpProvider> provider(const PersonId& person, std::string_view name);
  std::shared_ptr<HttpProvider> with_key(const PersonId& person, const ProviderKey& key);
  Task<Result<std::size_t>> ask_models(PersonId person, std::shared_ptr<HttpProvider> provider);

  Task<Result<Choice>> choose(PersonId person, std::string wanted);
  Task<Result<ModelProfile>> find(PersonId person, std::string name);
  Task<Error> unknown(PersonId person, std::string name);
  Task<Result<ModelReply>> answer(Provider& provider, ToolCalls tool_calls, ModelRequest request, OnDelta on_delta);
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
  if (const std::shared_ptr<HttpProvider> direct = provider(person, split.provider))
    co_return co_await direct->profile(person, split.model);
  for (const ModelInfo& info : co_await local.models(person))
    if (info.name == std::string(local.name()) + "/" + name) co_return co_await local.profile(person, name);
  if (const std::string full = bare_name_of_known(person, name); !full.empty()) co_return co_await find(person, full);
  co_return std::unexpected(co_await unknown(person, std::move(name)));
}

// "gpt-5.4" for "openai/gpt-5.4"; a provider that can be used goes before one that cannot.
std::string Models::State::bare_name_of_known(const PersonId& person, const std::string& name) {
  for (const bool usable : {true, false})
    for (const auto& p : providers_of(person))
      for (const std::string& known : p->names_known())
        if (p->configured() == usable && known == name) return std::string(p->name()) + "/" + name;
  return {};
}

Task<Error> Models::State::unknown(PersonId person, std::string name) {
  std::vector<std::string> here;
  std::vector<std::string> elsewhere;
  for (const ModelInfo& info : co_await local.models(person)) here.push_back(info.name);
  for (const auto& p : providers_of(person))
    for (const std::string& known : p->names_known())
      (p->configured() ? here : elsewhere).push_back(std::string(p->name()) + "/" + known);
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
    const KnownProvider* const provider = known_provider(split.provider);
    const bool known = split.provider == kLocalProvider || (provider != nullptr && provider->kind == ProviderKind::Model);
    if (!known || split.model.empty() || name.size() > kNameBytes || !is_valid_utf8(name))
      return fail(Code::Invalid, fmt::format("'{}' is not the name of a model", one_line(name, kNameShown)), "all, chosen, or provider/name with commas; zo model list");
  }
  return allowance;
}

Models::Models(Clock& clock, Dice& dice, HttpClient& http, Store& store, Notices& notices, KeySource& keys, Provider& local, ModelEnvironment environment)
    : state_(std::make_unique<State>(State{.clock = clock, .store = store, .notices = notices, .local = local, .keys = keys, .dice = dice, .http = http, .learned = StoredQuirks(store)})) {
  state_->settings = provider_settings(environment);
  for (const HttpProviderSettings& settings : state_->settings) state_->providers.push_back(std::make_shared<HttpProvider>(clock, dice, http, keys, state_->learned, settings));
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

Task<Result<std::string>> Models::chosen(PersonId person) {
  ZO_CO_TRY(Choice choice, co_await state_->choose(std::move(person), ""));
  co_return std::move(choice.name);
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
  auto asking = gather(state_->providers_of(person), kProbesAtOnce, [person](std::shared_ptr<HttpProvider> p) { return p->models(person); });
  for (std::vector<ModelInfo>& infos : co_await std::move(asking))
    for (ModelInfo& info : infos) {
      if (used.contains(info.provider)) info.state = ModelState::Ready;
      all.push_back(std::move(info));
    }
  // A model that was chosen by name need not be in any list.
  const bool listed = !choice || choice->name.empty() ||
                      std::ranges::any_of(all, [&](const ModelInfo& info) { return info.name == choice->name; });
  const std::shared_ptr<HttpProvider> provider = listed ? nullptr : state_->provider(person, split_name(choice->name).provider);
  if (provider != nullptr)
    all.push_back({.name = choice->name, .label = choice->name, .provider = std::string(provider->name()),
                   .source = provider->known().is_program ? ModelSource::Loopback : ModelSource::Environment,
                   .state = provider->configured() ? ModelState::Ready : ModelState::Failed,
                   .detail = provider->configured() ? "" : fmt::format("{} is not set", provider->known().key_variable)});
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
  const bool is_local = split.provider == state_->local.name();
  const std::shared_ptr<HttpProvider> remote = is_local ? nullptr : state_->provider(request.person, split.provider);
  Provider* const provider = is_local ? &state_->local : remote.get();
  if (provider == nullptr) co_return fail(Code::Invalid, fmt::format("no provider '{}'", split.provider), "zo model list");
  if (state_->used.insert(split.provider).second) state_->notices.tell_all({Notice::What::Models, ""});
  request.model = std::move(split.model);
  const std::shared_ptr<const Redactor> redactor = state_->keys.redactor();
  if (redactor->empty()) {
    Task<Result<ModelReply>> plain = state_->answer(*provider, profile.tool_calls, std::move(request), std::move(on_delta));
    co_return co_await std::move(plain);
  }
  RedactedAnswer redacted(redactor, std::move(on_delta));
  Task<Result<ModelReply>> answering =
      state_->answer(*provider, profile.tool_calls, std::move(request), [&redacted](Delta delta) { redacted.take(std::move(delta)); });
  co_return redacted.whole(co_await std::move(answering));
}

Task<Result<ModelReply>> Models::State::answer(Provider& provider, ToolCalls tool_calls, ModelRequest request, OnDelta on_delta) {
  if (tool_calls == ToolCalls::Native) co_return co_await provider.stream(std::move(request), std::move(on_delta));
  BlockAnswer answer(provider, request, std::move(on_delta));
  Task<Result<ModelReply>> giving = answer.give();
  co_return co_await std::move(giving);
}

std::shared_ptr<HttpProvider> Models::State::with_key(const PersonId& person, const ProviderKey& key) {
  std::shared_ptr<HttpProvider>& made = of_keys[*key.secret];
  if (made) return made;
  const auto known = std::ranges::find(settings, std::string_view(key.provider), [](const HttpProviderSettings& s) { return s.known.name; });
  HttpProviderSettings own = known != settings.end() ? *known : HttpProviderSettings{};
  if (known == settings.end()) {
    own.own_name = std::make_shared<const std::string>(key.provider);
    own.known = {.name = *own.own_name, .label = *own.own_name, .dialect = key.dialect, .key_variable = "", .base_variable = "", .base = ""};
  }
  own.known.dialect = key.dialect;
  if (!key.base_url.empty()) own.base = key.base_url;
  own.base_given = own.base_given || !key.base_url.empty();
  own.secret = key.secret;
  own.key_name = key.name;
  made = std::make_shared<HttpProvider>(clock, dice, http, keys, learned, std::move(own));
  if (const auto kept = kept_lists.find({person, key.provider}); kept != kept_lists.end()) made->remember_models(kept->second);
  return made;
}

std::vector<std::shared_ptr<HttpProvider>> Models::State::providers_of(const PersonId& person) {
  std::vector<std::shared_ptr<HttpProvider>> all = providers;
  std::set<SecretId> live;
  for (const ProviderKey& key : keys.list(person)) {
    if (!key.secret) continue;
    live.insert(*key.secret);
    if (!key.chosen || !has_models(key)) continue;
    const auto place = std::ranges::find_if(all, [&](const auto& p) { return p->name() == key.provider; });
    if (place != all.end()) *place = with_key(person, key);
    else all.push_back(with_key(person, key));
  }
  return all;
}

std::shared_ptr<HttpProvider> Models::State::provider(const PersonId& person, std::string_view name) {
  for (const std::shared_ptr<HttpProvider>& one : providers_of(person))
    if (one->name() == name) return one;
  return nullptr;
}

Task<Result<std::size_t>> Models::State::ask_models(PersonId person, std::shared_ptr<HttpProvider> provider) {
  ZO_CO_TRY(const std::vector<ListedModel> models, co_await provider->ask_models(person));
  JsonArray kept;
  for (const ListedModel& model : models) kept.emplace_back(JsonArray{model.name, model.context_tokens});
  const std::string name(provider->name());
  ZO_CO_OK(co_await write_setting(store, person, std::string(kListing) + name, to_text(Json(std::move(kept)))));
  kept_lists[{person, name}] = models;
  co_return models.size();
}

Task<Result<LearnedFacts>> Models::learned(PersonId person, std::string name) {
  ZO_CO_TRY(const ModelProfile profile, co_await resolve(person, std::move(name)));
  co_return state_->learned.learned(person, profile.name);
}

Task<Result<>> Models::forget(PersonId person, std::string name) {
  ZO_CO_TRY(ModelProfile profile, co_await resolve(person, std::move(name)));
  ZO_CO_OK(co_await state_->learned.forget(person, std::move(profile.name)));
  state_->notices.tell(person, {Notice::What::Models, ""});
  co_return Result<>{};
}

Task<Result<>> Models::open() {
  ZO_CO_OK(co_await state_->learned.open());
  auto question = [](Transaction& tx) -> Result<std::vector<std::tuple<PersonId, std::string, std::string>>> {
    std::vector<std::tuple<PersonId, std::string, std::string>> found;
    const auto rows = tx.query("SELECT person_id, name, value FROM settings WHERE substr(name, 1, 7) = ?", kListing);
    while (rows->next()) found.emplace_back(rows->id<PersonId>(0), rows->text(1).substr(kListing.size()), rows->text(2));
    return found;
  };
  ZO_CO_TRY(const auto rows, co_await state_->store.read(std::move(question)));
  for (const auto& [person, provider, text] : rows) {
    const Result<Json> json = parse_json(text, "a list of models");
    if (!json || !json->is_array()) continue;
    std::vector<ListedModel>& kept = state_->kept_lists[{person, provider}];
    for (const Json& item : json->get_array())
      if (item.is_array() && item.get_array().size() == 2 && item.at(0).is_string() && item.at(1).is_int64())
        kept.push_back({std::string(item.at(0).get_string()), item.at(1).get_int64()});
  }
  co_return Result<>{};
}

Task<Result<>> Models::refresh(PersonId person) {
  std::vector<std::shared_ptr<HttpProvider>> asked;
  for (const ProviderKey& key : state_->keys.list(person))
    if (key.chosen && has_models(key)) asked.push_back(state_->provider(person, key.provider));
  auto asking = gather(std::move(asked), kProbesAtOnce, [this, person](std::shared_ptr<HttpProvider> p) { return state_->ask_models(person, std::move(p)); });
  const std::vector<Result<std::size_t>> outcomes = co_await std::move(asking);
  state_->notices.tell(person, {Notice::What::Models, ""});
  // One that does not answer is no reason to hide what the others have.
  const bool all_failed = std::ranges::none_of(outcomes, [](const Result<std::size_t>& outcome) { return outcome.has_value(); });
  if (!outcomes.empty() && all_failed) co_return std::unexpected(outcomes.front().error());
  co_return Result<>{};
}

Task<Result<std::size_t>> Models::test_key(PersonId person, std::string name) {
  for (const ProviderKey& key : state_->keys.list(person)) {
    if (key.name != name || !has_models(key)) continue;
    const std::shared_ptr<HttpProvider> provider = key.secret ? state_->with_key(person, key) : state_->provider(person, key.provider);
    ZO_CO_TRY(const std::size_t models, co_await state_->ask_models(person, provider));
    const std::vector<std::string> names = provider->names_known();
    if (names.empty()) co_return fail(Code::NotFound, fmt::format("{} lists no model that answers", key.provider), "zo key list; is the address right?");
    // A list may be open to everybody: only an answer shows that the key is good and has credit.
    ModelRequest question{.person = person, .model = names.front()};
    question.messages = {{.text = "Reply with the one word: ready"}};
    question.tokens_max = kTestTokens;
    question.patience_ms = kTestPatienceMs;
    ZO_CO_OK(co_await provider->stream(std::move(question), [](const Delta&) {}));
    state_->notices.tell(person, {Notice::What::Models, ""});
    co_return models;
  }
  co_return std::unexpected(no_such_key(name));
}

}  // namespace zo
