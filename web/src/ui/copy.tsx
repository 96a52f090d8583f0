import { useSignal } from "@preact/signals";
import { announce } from "./announce";
import { Button } from "./button";

const kShownMs = 1500;

/** Copies, also where the page is not a secure context (plain HTTP from another machine). */
async function copy_text(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export function CopyButton({ text, label = "Copy", named }: { text: () => string; label?: string; named?: boolean }) {
  const state = useSignal<"idle" | "copied" | "failed">("idle");
  async function copy() {
    try {
      await copy_text(text());
      state.value = "copied";
      announce("Copied");
    } catch {
      state.value = "failed";
      announce("This browser refused to copy");
    }
    setTimeout(() => {
      state.value = "idle";
    }, kShownMs);
  }
  const word = { idle: label, copied: "Copied", failed: "Refused by the browser" }[state.value];
  const icon = { idle: "copy", copied: "check", failed: "cross" } as const;
  return (
    <Button look="quiet" small icon={icon[state.value]} label={word} onClick={copy}>
      {named ? word : undefined}
    </Button>
  );
}
