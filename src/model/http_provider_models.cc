#include <fmt/core.h>

#include <boost/json.hpp>

#include "async/deadline.h"
#include "base/text.h"
#include "model/http_provider.h"
#include "net/address.h"

namespace zo {
namespace {

constexpr std::int64_t kCloudContext = 128'000;
constexpr std::int64_t kProgramContext = 8'192;  // what such servers begin with unless they were told more
constexpr std::int64_t kOllamaContext = 4'096;  // what it loads a model with unless it was told more
constexpr std::int64_t kSmallContext = 16'384;
constexpr std::size_t kSmallToolOutput = 6'000;  // bytes, about 1,500 tokens
constexpr std::size_t kListBytes = 2 * limits::MiB;
constexpr std::size_t kNear = 3;
constexpr std::size_t kNameBytes = 200;
constexpr std::int64_t kListMs = 20'000;

// {"data": […]}, or the array alone.
std::vector<ListedModel> read_models(const Json& json) {
  std::vector<ListedModel> found;
  const JsonArray* items = json.is_array() ? &json.get_array() : array_at(json, "data");
  if (items == nullptr) return found;
  for (const Json& item : *items) {
    std::string_view name = string_at(item, "id").value_or("");
    if (name.starts_with("models/")) name.remove_prefix(7);  // Gemini
    const bool answers = !name.empty() && name.size() <= kNameBytes && is_valid_utf8(name) && name.find("embed") == std::string_view::npos;
    if (answers && found.size() < kModelsListed) found.push_back({std::string(name), reported_context(item)});
  }
  return found;
}

bool is_same_model(std::string_view listed, std::string_view asked) {
  return listed == asked || listed == std::string(asked) + ":latest";
}

// {"models": [{"name", "context_length"}]}: those that are loaded.
std::int64_t running_context(const Json& running, std::string_view model) {
  if (const JsonArray* models = array_at(running, "models"))
    for (const Json& one : *models)
      for (const std::string_view name : {"name", "model"})
        if (is_same_model(string_at(one, name).value_or(""), model)) return std::max<std::int64_t>(integer_at(one, "context_length").value_or(0), 0);
  return 0;
}

// {"parameters": "num_ctx    8192\nstop …"}: what its file says that it is loaded with. What the model could take is not what runs.
std::int64_t shown_context(const Json& shown) {
  for (const std::string_view line : split(string_at(shown, "parameters").value_or(""), '\n'))
    if (const std::string_view words = trim(line); words.starts_with("num_ctx"))
      if (const auto number = to_whole_number(trim(words.substr(7)))) return static_cast<std::int64_t>(*number);
  return 0;
}

// A program's address on this machine or a private network. A name that is not of this machine could lead anywhere.
bool is_at_home(const std::string& base) {
  const std::string host = host_of(base);
  if (is_loopback(host)) return true;
  const Result<HostName> named = canonical_host(host);
  return named && named->number && !why_not_public(*named->number, {}).empty();
}

// Ollama passes these on to its maker's machines: "glm-4.6:cloud", "gpt-oss:120b-cloud".
bool is_passed_on(std::string_view model) { return model.ends_with(":cloud") || model.ends_with("-cloud"); }

}  // namespace

bool HttpProvider::configured() const { return settings_.known.is_program || settings_.base_given || settings_.secret || keys_.has_variable(settings_.known); }

// Only a server on this machine is asked for its list by whoever looks.
bool HttpProvider::can_be_asked() const {
  return is_loopback(host_of(settings_.base)) && (settings_.known.is_program || settings_.base_given);
}

bool HttpProvider::curated() const { return !settings_.known.is_program && settings_.base == settings_.known.base; }

std::vector<std::string> HttpProvider::names_known() const {
  std::vector<std::string> names;
  if (curated())
    for (const KnownModel& model : known_models())
      if (model.provider == settings_.known.name) names.emplace_back(model.name);
  if (listed_)
    for (const ListedModel& model : *listed_) names.push_back(model.name);
  return names;
}

Task<std::vector<ModelInfo>> HttpProvider::models(PersonId person) {
  const KnownProvider& known = settings_.known;
  std::vector<ModelInfo> infos;
  const std::string provider(known.name);
  const ModelSource source = settings_.secret ? ModelSource::Key : known.is_program ? ModelSource::Loopback : ModelSource::Environment;
  const std::string whose = settings_.secret ? fmt::format("the key '{}'", settings_.key_name) : fmt::format("the key in {}", known.key_variable);
  if (curated() && configured())
    for (const KnownModel& model : known_models())
      if (model.provider == known.name)
        infos.push_back({.name = fmt::format("{}/{}", provider, model.name),
                         .label = fmt::format("{}, at {}", model.label, known.label),
                         .provider = provider, .source = source, .state = ModelState::Offered,
                         .detail = whose,
                         .context_tokens = context_tokens_of(model.name)});
  const Listing listed = co_await list();
  if (!listed) co_return infos;
  for (const ListedModel& model : *listed) {
    const std::string name = provider + "/" + model.name;
    if (std::ranges::find(infos, name, &ModelInfo::name) != infos.end()) continue;
    infos.push_back({.name = name, .label = fmt::format("{}, {} {}", model.name, known.is_program ? "in" : "at", known.label),
                     .provider = provider, .source = source, .state = ModelState::Offered,
                     .detail = curated() ? whose : "at " + shown_address(settings_.base),
                     .context_tokens = model.context_tokens > 0 ? model.context_tokens : context_tokens_of(model.name)});
  }
  co_return infos;
}

Task<Result<ModelProfile>> HttpProvider::profile(PersonId person, std::string model) {
  const KnownProvider& known = settings_.known;
  if (model.empty()) co_return fail(Code::Invalid, fmt::format("'{}/' names no model", known.name), "zo model list");
  if (!configured())
    co_return fail(Code::Invalid, fmt::format("{} has no key here, so '{}/{}' cannot answer", known.label, known.name, model),
                   fmt::format("zo key add NAME --provider {} --stdin, or set {} and start again", known.name, known.key_variable));
  std::int64_t context = known.is_program ? kProgramContext : context_tokens_of(model);
  if (!known.is_program && can_be_asked()) {
    // A server of the owner's own on this machine, under a provider's name: what it says of itself goes before what is known of the name.
    if (const Listing listed = co_await list())
      for (const ListedModel& item : *listed)
        if (is_same_model(item.name, model) && item.context_tokens > 0) context = item.context_tokens;
  } else if (known.is_program && can_be_asked()) {
    const Listing listed = co_await list();
    if (!listed)
      co_return fail(Code::Unavailable, fmt::format("{} does not answer at {}", known.label, shown_address(settings_.base)),
                     known.base_variable.empty() ? fmt::format("start {}", known.label)
                                                 : fmt::format("start {}, or set {}", known.label, known.base_variable));
    const auto found = std::ranges::find_if(*listed, [&](const ListedModel& item) { return is_same_model(item.name, model); });
    if (found == listed->end() && !listed->empty()) {
      std::vector<std::string> near = near_words(model, names_known(), kNear);
      if (near.empty()) near.push_back(listed->front().name);
      for (std::string& name : near) name = std::string(known.name) + "/" + name;
      co_return fail(Code::Invalid, fmt::format("no model '{}/{}'; near: {}", known.name, one_line(model, 80), join(near, ", ")),
                     "zo model list");
    }
    if (found != listed->end() && found->context_tokens > 0) context = found->context_tokens;
    else context = co_await ask_window(model, context);
  } else if (listed_) {
    for (const ListedModel& item : *listed_)
      if (item.name == model && item.context_tokens > 0) context = item.context_tokens;
  }
  if (context == 0) context = kCloudContext;
  const Quirks quirks = quirks_for(person, model);
  if (quirks.context_tokens > 0) context = std::min(context, quirks.context_tokens);
  ModelProfile profile{.name = std::string(known.name) + "/" + model, .tool_calls = tool_calls_of(known, model), .context_tokens = context};
  // One that takes no tools still calls them, where its server holds it to a grammar.
  if (!quirks.tools && known.takes_grammar) profile.tool_calls = ToolCalls::Blocks;
  profile.at_home = known.is_program && is_at_home(settings_.base) && !is_passed_on(model);
  if (context <= kSmallContext) profile.tool_output_bytes = kSmallToolOutput;
  co_return profile;
}

// What the server on loopback has; kept for a while, but a server that did not answer is asked again.
Task<HttpProvider::Listing> HttpProvider::list() {
  if (!can_be_asked()) co_return listed_;
  const bool fresh = listed_ && clock_.steady_ms() - listed_at_ < kProbeKeptMs;
  if (!fresh) {
    const std::uint64_t number = ++probes_;
    Task<Listing> asking = probe();
    auto limited = within(clock_, kProbeMs, std::move(asking));
    std::optional<Listing> outcome = co_await std::move(limited);
    Listing found = std::move(outcome).value_or(std::nullopt);
    if (number < listed_by_) co_return found;  // another was asked later and answered sooner
    listed_by_ = number;
    listed_at_ = clock_.steady_ms();
    listed_ = std::move(found);
  }
  co_return listed_;
}

Task<HttpProvider::Listing> HttpProvider::probe() {
  // Looking uses no key: a server that wants one for its list is used by name, once it was chosen.
  HttpAsk ask{.url = settings_.base + "/models", .headers = headers({})};
  ask.errand.purpose = Purpose::Own;  // only servers on loopback are asked
  ask.connect_ms = ask.first_byte_ms = ask.idle_ms = kProbeMs;
  Result<HttpAnswer> answer = co_await http_.send(std::move(ask));
  if (!answer) co_return std::nullopt;
  const auto body = co_await answer->rest(kListBytes);
  const auto json = parse_json(body ? std::string_view(*body) : std::string_view{}, "the model list");
  co_return json ? read_models(*json) : std::vector<ListedModel>{};
}

// What runs: of Ollama the context that a loaded model has, or is to be loaded with; of llama-server what it was started with.
Task<std::int64_t> HttpProvider::ask_window(std::string model, std::int64_t otherwise) {
  if (const auto found = windows_.find(model); found != windows_.end() && clock_.steady_ms() - found->second.second < kProbeKeptMs) co_return found->second.first;
  std::string root = settings_.base;
  if (root.ends_with("/v1")) root.resize(root.size() - 3);
  std::int64_t window = 0;
  if (settings_.known.name == "ollama") {
    if (const std::optional<Json> running = co_await look(root + "/api/ps", "")) window = running_context(*running, model);
    if (window == 0)
      if (const std::optional<Json> shown = co_await look(root + "/api/show", to_text(JsonObject{{"model", model}}))) window = shown_context(*shown);
    if (window == 0) window = kOllamaContext;
  } else if (settings_.known.takes_grammar) {
    if (const std::optional<Json> props = co_await look(root + "/props", ""))
      if (const Json* settings = find(*props, "default_generation_settings")) window = integer_at(*settings, "n_ctx").value_or(0);
  }
  if (window <= 0) window = otherwise;
  if (windows_.size() >= kModelsListed) windows_.clear();
  windows_[model] = {window, clock_.steady_ms()};
  co_return window;
}

// A look at a server on loopback; `body` is posted.
Task<std::optional<Json>> HttpProvider::look(std::string url, std::string body) {
  HttpAsk ask{.url = std::move(url), .headers = headers({})};
  if (!body.empty()) {
    ask.method = "POST";
    ask.headers.push_back({"content-type", "application/json"});
    ask.body = std::move(body);
  }
  ask.errand.purpose = Purpose::Own;
  ask.connect_ms = ask.first_byte_ms = ask.idle_ms = kProbeMs;
  Task<Result<std::string>> asking = body_of(std::move(ask));
  auto limited = within(clock_, kProbeMs, std::move(asking));
  const std::optional<Result<std::string>> got = co_await std::move(limited);
  if (!got || !*got) co_return std::nullopt;
  Result<Json> json = parse_json(**got, "what it says of itself");
  co_return json ? std::optional(std::move(*json)) : std::nullopt;
}

Task<Result<std::string>> HttpProvider::body_of(HttpAsk ask) {
  ZO_CO_TRY(HttpAnswer answer, co_await http_.send(std::move(ask)));
  if (answer.status != 200) co_return fail(Code::Unavailable, "it does not say");
  co_return co_await answer.rest(kListBytes);
}

Task<Result<std::vector<ListedModel>>> HttpProvider::ask_models(PersonId person) {
  ZO_CO_TRY(const Credentials credentials, co_await keys_.credentials(settings_.known, settings_.secret));
  // Messages gives twenty unless asked for more.
  HttpAsk ask{.url = settings_.base + (settings_.known.dialect == Dialect::Messages ? "/models?limit=1000" : "/models"), .headers = headers(credentials)};
  ask.errand = {std::move(person), "", Purpose::Provider};
  ask.first_byte_ms = ask.idle_ms = kListMs;
  const auto told = [&](Error error) {
    error.message = without_key(error.message, credentials.key);
    return std::unexpected(std::move(error));
  };
  Result<HttpAnswer> answer = co_await http_.send(std::move(ask));
  if (!answer) co_return told({answer.error().code, std::string(settings_.known.name) + ": " + answer.error().message, answer.error().advice});
  const Result<std::string> body = co_await answer->rest(kListBytes);
  if (!body) co_return told(body.error());
  if (answer->status < 200 || answer->status > 299) co_return told(to_error(read_complaint(answer->status, *body), speaker("")));
  const auto json = parse_json(*body, "the model list", kListBytes);
  if (!json) co_return told(unreadable(speaker(""), "a list of models that is no JSON"));
  remember_models(read_models(*json));
  co_return *listed_;
}

void HttpProvider::remember_models(std::vector<ListedModel> models) {
  listed_ = std::move(models);
  listed_at_ = clock_.steady_ms();
}

}  // namespace zo
