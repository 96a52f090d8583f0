import { useSignal } from "@preact/signals";
import { announce } from "./announce";
import { Button } from "./button";
import type { IconName } from "./icon";

const kShownMs = 1500;

/** Copies, also where the page is not a secure context (plain HTTP from another machine). */
export async function copy_text(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

interface Props {
  text: () => string;
  label?: string;
  /** The label is shown beside the icon. */
  named?: boolean;
  icon?: IconName;
}

export function CopyButton({ text, label = "Copy", named, icon = "copy" }: Props) {
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
  const icons = { idle: icon, copied: "check", failed: "cross" } as const;
  return (
    <Button look="quiet" small icon={icons[state.value]} label={word} onClick={copy}>
      {named ? word : undefined}
    </Button>
  );
}
