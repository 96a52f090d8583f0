// Links within the page: no reload, and a new tab where one asks for it.
import type { ComponentChildren } from "preact";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Go } from "../../ui/part";

export const Leads = createContext<Go>((path) => location.assign(path));

interface Props {
  to: string;
  class?: string;
  title?: string | undefined;
  "aria-current"?: "page" | "date" | "true" | undefined;
  "data-day"?: string;
  children: ComponentChildren;
}

export function To({ to, children, ...rest }: Props) {
  const go = useContext(Leads);
  return (
    <a
      {...rest}
      href={to}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
