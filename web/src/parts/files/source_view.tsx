// Text with numbered lines, in colours where its language is known.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { highlight } from "../../ui/highlight";
import { line_numbers } from "./kinds";

interface Props {
  text: string;
  name: string;
  language: string;
}

export function Source({ text, name, language }: Props) {
  const coloured = useSignal<string | null>(null);
  const numbers = useMemo(() => line_numbers(text), [text]);
  useEffect(() => {
    let stale = false;
    coloured.value = null;
    highlight(text, language).then(
      (html) => {
        if (!stale) coloured.value = html;
      },
      () => {
        // The colours could not be loaded; the text stands without them.
      },
    );
    return () => {
      stale = true;
    };
  }, [text, language]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div class="source" role="group" aria-label={`Text of ${name}`} tabIndex={0}>
      <pre class="source-numbers" aria-hidden="true">
        {numbers}
      </pre>
      <pre class="source-text">
        {/* highlight.js escapes the code it wraps */}
        {coloured.value === null ? <code>{text}</code> : <code dangerouslySetInnerHTML={{ __html: coloured.value }} />}
      </pre>
    </div>
  );
}
