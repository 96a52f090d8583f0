// A field for a secret: covered unless asked to show it, and kept by nobody. What was typed stands in the element alone,
// whoever needs it reads it there.
import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { Button } from "./button";

interface Props {
  id: string;
  label: string;
  field: RefObject<HTMLInputElement | null>;
  required?: boolean;
  maxLength?: number;
}

export function SecretField({ id, label, field, ...rest }: Props) {
  const shown = useSignal(false);
  return (
    <>
      <label class="label" for={id}>
        {label}
      </label>
      <div class="secret-field">
        <input
          {...rest}
          {...(shown.value ? { type: "text" as const } : { type: "password" as const })}
          ref={field}
          id={id}
          class="field"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
        />
        <Button
          aria-pressed={shown.value}
          onClick={() => {
            shown.value = !shown.value;
          }}
        >
          Show<span class="unseen"> the {label.toLowerCase()}</span>
        </Button>
      </div>
    </>
  );
}
