// Finding by typing: among a few one looks, among many one types.

/** More than this many are searched, not looked through. */
export const kLookedThrough = 20;

/** Whether a text holds every word of `query`, wherever and in whatever case. */
export function holds_words(text: string, query: string): boolean {
  const lower = text.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
