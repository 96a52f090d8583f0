// A block of code: its language, a button that copies it, colours once it is complete.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { CopyButton } from "./copy";
import { highlight } from "./highlight";

interface Props {
  text: string;
  language: string;
  /** More of it is still arriving: colours wait. */
  growing?: boolean;
}

export function CodeBlock({ text, language, growing }: Props) {
  const coloured = useSignal<{ text: string; html: string } | null>(null);
  useEffect(() => {
    if (growing) return;
    let stale = false;
    highlight(text, language).then(
      (html) => {
        if (!stale) coloured.value = html === null ? null : { text, html };
      },
      () => {
        // The colours could not be loaded; the code stands without them.
      },
    );
    return () => {
      stale = true;
    };
  }, [text, language, growing]);
  const html = coloured.value?.text === text ? coloured.value.html : null;
  return (
    <div class="code">
      <div class="code-head">
        <span>{language || "text"}</span>
        <CopyButton text={() => text} named />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0} aria-label={`Code${language ? `, ${language}` : ""}`} role="group">
        {/* highlight.js escapes the code it wraps */}
        {html === null ? <code>{text}</code> : <code dangerouslySetInnerHTML={{ __html: html }} />}
      </pre>
    </div>
  );
}
