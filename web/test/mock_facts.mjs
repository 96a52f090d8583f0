// The models, the examples and the picture the mock server tells of.

export const kModels = [
  {
    name: "local/qwen2.5-coder-1.5b",
    label: "Qwen2.5-Coder 1.5B, on this machine",
    provider: "local",
    source: "embedded",
    state: "ready",
    size_bytes: 1_117_320_768,
    context_tokens: 8192,
  },
  {
    name: "ollama/llama3.2:3b",
    label: "llama3.2:3b, in Ollama",
    provider: "Ollama",
    source: "loopback",
    state: "offered",
    context_tokens: 131_072,
  },
  {
    name: "anthropic/claude-sonnet-4-5",
    label: "Claude Sonnet 4.5, at Anthropic",
    provider: "Anthropic",
    source: "environment",
    state: "offered",
    detail: "key found in ANTHROPIC_API_KEY",
  },
];

export const kChart =
  '<svg xmlns="http://www.w3.org/2000/svg" width="480" height="160" viewBox="0 0 480 160">' +
  '<path d="M20 140 L160 112 L300 96 L460 20" fill="none" stroke="#2a5bd7" stroke-width="3"/></svg>';

export const kExamples = [
  { text: "What is the sha256 of notes.txt?", why: "runs a command in the sandbox" },
  { text: "List the files here and say what each is", why: "looks around the workspace" },
  { text: "Write a haiku about rain into rain.txt", why: "writes a file" },
  { text: "Compare the reports with three agents", why: "works side by side" },
];
