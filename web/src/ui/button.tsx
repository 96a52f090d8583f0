import type { ComponentChildren, ComponentProps } from "preact";
import { Icon, type IconName } from "./icon";

type Native = Omit<ComponentProps<"button">, "icon" | "label" | "class" | "children">;

interface Props extends Native {
  icon?: IconName;
  /** Without children the button shows only its icon, and this is its name and its tooltip. */
  label?: string;
  look?: "plain" | "primary" | "danger" | "quiet";
  small?: boolean;
  /** The icon turns: the button's work is going on. */
  working?: boolean;
  class?: string;
  children?: ComponentChildren;
}

export function Button({ icon, label, look = "plain", small, working, class: name, children, ...rest }: Props) {
  const classes = ["button", look, small && "small", children === undefined && "icon-only", name];
  return (
    <button
      type="button"
      class={classes.filter(Boolean).join(" ")}
      aria-label={label}
      title={children === undefined ? label : undefined}
      {...rest}
    >
      {working ? <Icon name="work" spin /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
