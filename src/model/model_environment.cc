#include <stdlib.h>
#include <string.h>

#include <array>

#include "model/models.h"

namespace zo {
namespace {

constexpr std::array kVariables = {"OPENAI_API_KEY",     "OPENAI_BASE_URL",  "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL",
                                   "GROQ_API_KEY",       "OPENROUTER_API_KEY", "TOGETHER_API_KEY",  "OLLAMA_HOST",
                                   "LMSTUDIO_BASE_URL", "ZO_MODEL"};

}  // namespace

ModelEnvironment take_model_environment() {
  ModelEnvironment environment;
  for (const char* name : kVariables) {
    char* value = ::getenv(name);
    if (value == nullptr) continue;
    if (*value != '\0') environment.variables[name] = value;
    // unsetenv() only drops the pointer; the bytes stay readable in /proc/self/environ.
    ::explicit_bzero(value, ::strlen(value));
    ::unsetenv(name);
  }
  return environment;
}

}  // namespace zo
