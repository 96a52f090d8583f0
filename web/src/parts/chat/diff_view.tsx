// A unified diff, line by line; signs say it too, not colour alone. What would turn the text or not be seen is shown as what it is.

import { visible } from "../../ui/format";

const kLinesShownMax = 400;

export function DiffView({ diff }: { diff: string }) {
  const lines = diff.replace(/\n$/, "").split("\n");
  const shown = lines.slice(0, kLinesShownMax);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <pre class="diff" role="group" aria-label="Changes" tabIndex={0}>
      {shown.map((line, index) => (
        <span key={index} class={`diff-line ${kind_of(line)}`}>
          {visible(line) || " "}
          {"\n"}
        </span>
      ))}
      {lines.length > shown.length && `… ${lines.length - shown.length} more lines`}
    </pre>
  );
}

function kind_of(line: string): string {
  if (line.startsWith("+++") || line.startsWith("---")) return "name";
  if (line.startsWith("@@")) return "place";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "removed" : "";
}
