// Signals with a source outside the page: what this browser remembers, what it is like.
import { effect, type Signal, signal } from "@preact/signals";

export function kept<T>(name: string, initial: T): Signal<T> {
  const key = `zo.${name}`;
  const value = signal<T>(initial);
  try {
    const stored = localStorage.getItem(key);
    if (stored !== null) value.value = JSON.parse(stored);
  } catch {
    // What is stored cannot be read: the initial value stands.
  }
  effect(() => localStorage.setItem(key, JSON.stringify(value.value)));
  return value;
}

/** Whether a media query matches, now and later. */
export function matching(query: string): Signal<boolean> {
  const media = matchMedia(query);
  const value = signal(media.matches);
  media.addEventListener("change", () => {
    value.value = media.matches;
  });
  return value;
}
