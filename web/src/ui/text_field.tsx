// A line of text with its label, as dialogs and forms ask for one.
import type { Ref } from "preact";

interface Props {
  id: string;
  label: string;
  value: string;
  required?: boolean;
  maxLength?: number;
  placeholder?: string;
  autocomplete?: "off";
  /** The id of a list of suggestions. */
  list?: string;
  on_value: (value: string) => void;
  field?: Ref<HTMLInputElement>;
  /** Stands below another. */
  below?: boolean;
}

export function TextField({ id, label, on_value, field, below, ...rest }: Props) {
  return (
    <>
      <label class={below ? "label below" : "label"} for={id}>
        {label}
      </label>
      <input
        type="text"
        {...rest}
        {...(field ? { ref: field } : {})}
        id={id}
        class="field"
        onInput={(event) => on_value(event.currentTarget.value)}
      />
    </>
  );
}
