// A line to type into, where there is more than one looks through.
import { Icon } from "./icon";

interface Props {
  label: string;
  value: string;
  on_value: (value: string) => void;
}

export function SearchField({ label, value, on_value }: Props) {
  return (
    <div class="search-field">
      <Icon name="search" size={14} />
      <input
        type="search"
        class="field"
        aria-label={label}
        placeholder={label}
        autocomplete="off"
        spellcheck={false}
        value={value}
        onInput={(event) => on_value(event.currentTarget.value)}
      />
    </div>
  );
}
