// A provider reached over HTTP, in one of the two dialects: asks, reads the stream, asks again where that can help and nothing
// has been shown yet, and explains what went wrong to a person. Keys never appear in its errors.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "async/clock.h"
#include "base/dice.h"
#include "model/keys.h"
#include "model/known_models.h"
#include "model/provider.h"
#include "model/provider_error.h"
#include "model/quirks.h"
#include "model/reply_parser.h"
#include "model/retry.h"
#include "net/http_client.h"

namespace zo {

inline constexpr std::int64_t kProbeMs = 300;           // for the model list of a server on loopback
inline constexpr std::int64_t kProbeKeptMs = 30'000;
inline constexpr std::size_t kModelsListed = 500;       // of one server; the rest is left out
inline constexpr int kRelaxedMost = 12;                 // times that one question is asked again without something

struct ListedModel {
  std::string name;
  std::int64_t context_tokens = 0;  // 0 = unknown
};

// Where what is learned of models is kept, so that it holds the next time, too.
class LearnedQuirks {
 public:
  virtual ~LearnedQuirks() = default;
  virtual LearnedFacts learned(const PersonId& person, const std::string& model) const = 0;  // "provider/model"
  virtual Task<void> learn(PersonId person, std::string model, LearnedFacts more) = 0;
};

struct HttpProviderSettings {
  KnownProvider known;
  std::string base;         // without a slash at the end; the dialect's path follows: "https://api.openai.com/v1"
  bool base_given = false;  // by the owner, not by our table
  std::int64_t first_byte_ms = limits::kFirstByteMs;
  std::int64_t idle_ms = limits::kStreamIdleMs;
  std::optional<SecretId> secret = {};  // the key of a person with which alone it is asked; none: the environment's
  std::string key_name = {};            // of that key
  std::shared_ptr<const std::string> own_name = {};  // of a provider that is in no table: what `known` points to
};

class HttpProvider final : public Provider {
 public:
  // All outlive it.
  HttpProvider(Clock& clock, Dice& dice, HttpClient& http, KeySource& keys, LearnedQuirks& learned, HttpProviderSettings settings);

  std::string_view name() const override { return settings_.known.name; }
  Task<std::vector<ModelInfo>> models(PersonId person) override;
  // A program on loopback is asked what it has: Unavailable when it does not answer, Invalid when it has others only.
  Task<Result<ModelProfile>> profile(PersonId person, std::string model) override;
  Task<Result<ModelReply>> stream(ModelRequest request, OnDelta on_delta) override;

  // True when it may be named: it has a key or an address of the owner's, or it is a program that needs neither.
  bool configured() const;
  // Asks it, with its key, which models it has; keeps them until asked again. The Error says in words what is wrong.
  Task<Result<std::vector<ListedModel>>> ask_models(PersonId person);
  // What it said in an earlier life.
  void remember_models(std::vector<ListedModel> models);
  // The names that are known without asking anyone.
  std::vector<std::string> names_known() const;
  const KnownProvider& known() const { return settings_.known; }

 private:
  using Listing = std::optional<std::vector<ListedModel>>;  // nothing: it does not answer
  struct Try;

  Task<Result<ModelReply>> persist(ModelRequest request, OnDelta on_delta);
  Task<Result<>> ask_with_key(const ModelRequest& request, const Quirks& quirks, OnDelta on_delta, Try& outcome);
  // `offered`: whose calls the answer may hold.
  Task<void> ask(HttpAsk ask, Speaker speaker, std::span<const OfferedTool> offered, OnDelta on_delta, Try& outcome);
  Task<void> read_answer(HttpAnswer& answer, std::span<const OfferedTool> offered, Speaker speaker, OnDelta on_delta, Try& outcome);
  Task<Result<ModelReply>> read_whole(HttpAnswer& answer, ReplyParser& parser, Speaker speaker, std::string first);
  Task<void> read_refusal(HttpAnswer& answer, Speaker speaker, Try& outcome);

  Task<Listing> list();
  Task<Listing> probe();
  Task<std::int64_t> ask_window(std::string model, std::int64_t otherwise);
  Task<std::optional<Json>> look(std::string url, std::string body);
  Task<Result<std::string>> body_of(HttpAsk ask);
  bool can_be_asked() const;
  bool curated() const;

  HttpAsk post(const ModelRequest& request, const Quirks& quirks, const Credentials& credentials) const;
  std::vector<Header> headers(const Credentials& credentials) const;
  Speaker speaker(const std::string& model) const;
  std::string key_advice() const;
  Quirks quirks_for(const PersonId& person, const std::string& model) const;
  LearnedFacts window_of(const Complaint& complaint, const ModelRequest& request, std::int64_t known) const;
  Task<void> learn(const ModelRequest& request, LearnedFacts facts, OnDelta on_delta);
  static Error explain(Error error, const RetryWish& wish, const Retries& retries);

  Clock& clock_;
  Dice& dice_;
  HttpClient& http_;
  KeySource& keys_;
  LearnedQuirks& learned_;
  HttpProviderSettings settings_;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> windows_;  // by model, of a program: tokens, and when it said so (steady)
  Listing listed_;
  std::int64_t listed_at_ = 0;  // steady
  std::uint64_t probes_ = 0;    // begun so far
  std::uint64_t listed_by_ = 0;  // the number of the one that `listed_` came from
};

}  // namespace zo
