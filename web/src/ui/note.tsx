// Something to know, standing where it happened: what it is, and what to do about it.
import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon";

const kIcons = { plain: "info", warn: "warn", bad: "warn" } as const satisfies Record<string, IconName>;

interface Props {
  look?: keyof typeof kIcons;
  icon?: IconName;
  children: ComponentChildren;
  actions?: ComponentChildren;
}

export function Note({ look = "plain", icon, children, actions }: Props) {
  return (
    <div class={`note ${look}`} role={look === "bad" ? "alert" : undefined}>
      <Icon name={icon ?? kIcons[look]} />
      <div class="note-body">
        {children}
        {actions && <div class="note-actions">{actions}</div>}
      </div>
    </div>
  );
}

interface Failure {
  message: string;
  advice?: string | undefined;
}

export function ErrorNote({ error, actions }: { error: Failure; actions?: ComponentChildren }) {
  return (
    <Note look="bad" actions={actions}>
      <strong>{error.message}</strong> {error.advice}
    </Note>
  );
}
