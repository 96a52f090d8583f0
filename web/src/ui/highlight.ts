// Colours for code, loaded when the first block of code is shown.
const kCodeMaxChars = 60_000;

let loading: Promise<typeof import("./languages")> | null = null;

/** HTML with <span class="hljs-…"> around the parts of `code`, or null when there is nothing to colour. */
export async function highlight(code: string, language: string): Promise<string | null> {
  if (!language || code.length > kCodeMaxChars) return null;
  loading ??= import("./languages");
  const { highlighter } = await loading;
  if (!highlighter.getLanguage(language)) return null;
  return highlighter.highlight(code, { language, ignoreIllegals: true }).value;
}
