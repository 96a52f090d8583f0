#include "model/known_models.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace zo {
namespace {

constexpr KnownProvider search_provider(std::string_view name, std::string_view label, std::string_view key_variable, std::string_view base_variable, std::string_view base) {
  return {.name = name, .label = label, .dialect = Dialect::Chat, .key_variable = key_variable, .base_variable = base_variable, .base = base, .kind = ProviderKind::Search};
}

constexpr std::array kProviders = {
    KnownProvider{"openai", "OpenAI", Dialect::Chat, "OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1"},
    KnownProvider{"anthropic", "Anthropic", Dialect::Messages, "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL",
                  "https://api.anthropic.com/v1"},
    KnownProvider{"groq", "Groq", Dialect::Chat, "GROQ_API_KEY", "", "https://api.groq.com/openai/v1"},
    KnownProvider{"openrouter", "OpenRouter", Dialect::Chat, "OPENROUTER_API_KEY", "", "https://openrouter.ai/api/v1"},
    KnownProvider{"together", "Together", Dialect::Chat, "TOGETHER_API_KEY", "", "https://api.together.ai/v1"},
    KnownProvider{"mistral", "Mistral", Dialect::Chat, "MISTRAL_API_KEY", "", "https://api.mistral.ai/v1"},
    KnownProvider{"deepseek", "DeepSeek", Dialect::Chat, "DEEPSEEK_API_KEY", "", "https://api.deepseek.com/v1"},
    KnownProvider{"xai", "xAI", Dialect::Chat, "XAI_API_KEY", "", "https://api.x.ai/v1"},
    KnownProvider{"gemini", "Gemini", Dialect::Chat, "GEMINI_API_KEY", "", "https://generativelanguage.googleapis.com/v1beta/openai"},
    KnownProvider{"ollama", "Ollama", Dialect::Chat, "", "OLLAMA_HOST", "http://127.0.0.1:11434/v1", true},
    KnownProvider{"lmstudio", "LM Studio", Dialect::Chat, "", "LMSTUDIO_BASE_URL", "http://127.0.0.1:1234/v1", true},
    KnownProvider{"llama", "llama-server", Dialect::Chat, "", "", "http://127.0.0.1:8080/v1", true, true},
    KnownProvider{"vllm", "vLLM", Dialect::Chat, "", "VLLM_BASE_URL", "http://127.0.0.1:8000/v1", true},
    search_provider("searxng", "SearXNG", "", "SEARXNG_URL", ""),
    search_provider("brave", "Brave Search", "BRAVE_API_KEY", "", "https://api.search.brave.com"),
    search_provider("tavily", "Tavily", "TAVILY_API_KEY", "", "https://api.tavily.com"),
};

constexpr std::array kModels = {
    KnownModel{"openai", "gpt-5.5", "GPT-5.5"},
    KnownModel{"openai", "gpt-5.4", "GPT-5.4"},
    KnownModel{"openai", "gpt-5.4-mini", "GPT-5.4 mini"},
    KnownModel{"openai", "gpt-4.1-mini", "GPT-4.1 mini"},
    KnownModel{"anthropic", "claude-opus-4-7", "Claude Opus 4.7"},
    KnownModel{"anthropic", "claude-sonnet-4-6", "Claude Sonnet 4.6"},
    KnownModel{"anthropic", "claude-haiku-4-5", "Claude Haiku 4.5"},
    KnownModel{"groq", "openai/gpt-oss-120b", "GPT-OSS 120B"},
    KnownModel{"groq", "openai/gpt-oss-20b", "GPT-OSS 20B"},
    KnownModel{"groq", "llama-3.3-70b-versatile", "Llama 3.3 70B"},
    KnownModel{"openrouter", "anthropic/claude-sonnet-4.6", "Claude Sonnet 4.6"},
    KnownModel{"openrouter", "openai/gpt-5.4", "GPT-5.4"},
    KnownModel{"openrouter", "qwen/qwen3-coder", "Qwen3 Coder"},
    KnownModel{"openrouter", "moonshotai/kimi-k2", "Kimi K2"},
    KnownModel{"together", "openai/gpt-oss-120b", "GPT-OSS 120B"},
    KnownModel{"mistral", "mistral-large-latest", "Mistral Large"},
    KnownModel{"mistral", "mistral-small-latest", "Mistral Small"},
    KnownModel{"deepseek", "deepseek-chat", "DeepSeek Chat"},
    KnownModel{"deepseek", "deepseek-reasoner", "DeepSeek Reasoner"},
    KnownModel{"xai", "grok-4", "Grok 4"},
    KnownModel{"gemini", "gemini-2.5-pro", "Gemini 2.5 Pro"},
    KnownModel{"gemini", "gemini-2.5-flash", "Gemini 2.5 Flash"},
    KnownModel{"together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "Llama 3.3 70B"},
};

// Measured on 12 questions that need a tool: natively they called none.
constexpr std::array<std::string_view, 2> kSmallModels = {"qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b"};

struct Family {
  std::string_view prefix;
  std::int64_t context_tokens;
  int answer_tokens;
};

constexpr int kAnswerTokens = 16'000;

// The first match counts. Where a longer window costs more, the window stops at the price step.
constexpr std::array kFamilies = {
    Family{"gpt-5", 272'000, kAnswerTokens},
    Family{"gpt-4.1", 1'000'000, kAnswerTokens},
    Family{"gpt-4o", 128'000, kAnswerTokens},
    Family{"gpt-3.5", 16'000, 4'096},
    Family{"o3", 200'000, kAnswerTokens},
    Family{"o4", 200'000, kAnswerTokens},
    Family{"claude-3-5", 200'000, 8'192},
    Family{"claude-3-7", 200'000, kAnswerTokens},
    Family{"claude-3", 200'000, 4'096},
    Family{"claude", 200'000, kAnswerTokens},
    Family{"gpt-oss", 131'072, kAnswerTokens},
    Family{"llama-3", 131'072, kAnswerTokens},
    Family{"kimi-k2", 131'072, kAnswerTokens},
    Family{"qwen3-coder", 262'144, kAnswerTokens},
    Family{"mistral", 128'000, kAnswerTokens},
    Family{"grok", 256'000, kAnswerTokens},
    Family{"gemini", 1'000'000, kAnswerTokens},
    Family{"deepseek", 128'000, kAnswerTokens},
};

const Family* family_of(std::string_view name) {
  const std::string model = to_lower(name.substr(name.rfind('/') + 1));  // npos + 1 is the beginning
  const auto found = std::ranges::find_if(kFamilies, [&](const Family& family) { return model.starts_with(family.prefix); });
  return found != kFamilies.end() ? &*found : nullptr;
}

}  // namespace

std::span<const KnownProvider> known_providers() { return kProviders; }

const KnownProvider* known_provider(std::string_view name) {
  const auto found = std::ranges::find(kProviders, name, &KnownProvider::name);
  return found != kProviders.end() ? &*found : nullptr;
}

std::span<const KnownModel> known_models() { return kModels; }

std::int64_t context_tokens_of(std::string_view model) {
  const Family* family = family_of(model);
  return family != nullptr ? family->context_tokens : 0;
}

int answer_tokens_of(std::string_view model) {
  const Family* family = family_of(model);
  return family != nullptr ? family->answer_tokens : kAnswerTokens;
}

ToolCalls tool_calls_of(const KnownProvider& provider, std::string_view model) {
  const std::string name = to_lower(model);
  const bool is_small = std::ranges::any_of(kSmallModels, [&](std::string_view small) { return name.find(small) != std::string::npos; });
  return provider.takes_grammar && is_small ? ToolCalls::Blocks : ToolCalls::Native;
}

std::int64_t reported_context(const Json& item) {
  // LM Studio, vLLM, OpenRouter and Together, Groq: each has a name of its own for it.
  for (std::string_view name : {"loaded_context_length", "max_model_len", "context_length", "context_window"})
    if (auto tokens = integer_at(item, name); tokens && *tokens > 0) return *tokens;
  const Json* meta = find(item, "meta");  // llama-server
  return meta != nullptr ? std::max<std::int64_t>(integer_at(*meta, "n_ctx").value_or(0), 0) : 0;
}

}  // namespace zo
