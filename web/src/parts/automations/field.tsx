// A labelled field of the editor: a hint below, or what is wrong with what was typed.
import "./field.css";
import type { ComponentChildren } from "preact";

interface Props {
  id: string;
  label: string;
  hint?: ComponentChildren;
  wrong?: string | undefined;
  children: ComponentChildren;
}

export function Field({ id, label, hint, wrong, children }: Props) {
  return (
    <div class="editor-field">
      <label class="label" for={id}>
        {label}
      </label>
      {children}
      {wrong ? (
        <p class="editor-wrong" id={`${id}-about`} role="alert">
          {wrong}
        </p>
      ) : (
        hint && (
          <p class="faint" id={`${id}-about`}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}

interface LineProps {
  id: string;
  label: string;
  value: string;
  on_value: (value: string) => void;
  hint?: ComponentChildren;
  wrong?: string | undefined;
  placeholder?: string;
  list?: string;
  maxLength?: number;
  type?: "text" | "datetime-local" | "email";
  required?: boolean;
}

export function LineField({ id, label, hint, wrong, on_value, type = "text", ...rest }: LineProps) {
  return (
    <Field id={id} label={label} hint={hint} wrong={wrong}>
      <input
        {...rest}
        type={type}
        id={id}
        class="field"
        autocomplete="off"
        aria-invalid={wrong ? true : undefined}
        aria-describedby={wrong || hint ? `${id}-about` : undefined}
        onInput={(event) => on_value(event.currentTarget.value)}
      />
    </Field>
  );
}

interface ChoiceProps<T extends string> {
  id: string;
  label: string;
  value: T;
  choices: readonly (readonly [T, string])[];
  on_value: (value: T) => void;
  hint?: ComponentChildren;
}

export function ChoiceField<T extends string>({ id, label, hint, value, choices, on_value }: ChoiceProps<T>) {
  return (
    <Field id={id} label={label} hint={hint}>
      <select
        id={id}
        class="field"
        value={value}
        aria-describedby={hint ? `${id}-about` : undefined}
        onChange={(event) => on_value(event.currentTarget.value as T)}
      >
        {choices.map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
    </Field>
  );
}
