// What we know of providers and models beforehand, as data: where they are, what the environment calls them, and a few models
// of each for the picker. Any other model of a provider works too, under "provider/model".
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/json.h"
#include "model/provider.h"

namespace zo {

enum class Dialect { Chat, Messages };
enum class ProviderKind { Model, Search };  // Search: of pages of the web (web/search); it has keys, and no models

struct KnownProvider {
  std::string_view name;
  std::string_view label;
  Dialect dialect;
  std::string_view key_variable;   // empty: it has no keys
  std::string_view base_variable;  // empty: it is always at `base`
  std::string_view base;
  bool is_program = false;  // a program on a person's machine: there without a key, asked which models it has
  bool takes_grammar = false;  // its Chat dialect knows llama.cpp's field `grammar`
  ProviderKind kind = ProviderKind::Model;
};

struct KnownModel {
  std::string_view provider;
  std::string_view name;
  std::string_view label;
};

std::span<const KnownProvider> known_providers();
// By name; null: it is in no table.
const KnownProvider* known_provider(std::string_view name);
std::span<const KnownModel> known_models();

// By the family that the name begins with, whichever vendor serves it; 0 = unknown.
std::int64_t context_tokens_of(std::string_view model);
// How long an answer to ask for where a limit must be given.
int answer_tokens_of(std::string_view model);
// Small models print a call as text when they are asked for it natively; where a grammar is taken, they call by schema.
ToolCalls tool_calls_of(const KnownProvider& provider, std::string_view model);
// The window that a server reports in an item of its model list; 0 = it does not.
std::int64_t reported_context(const Json& item);

}  // namespace zo
