// Modal dialogs on the browser's own <dialog>: focus stays inside, Escape closes, the page behind is inert.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "./button";
import { ErrorNote } from "./note";

interface Props {
  title: string;
  on_close: () => void;
  class?: string;
  /** The title is read out but not shown. */
  untitled?: boolean;
  children: ComponentChildren;
}

export function Dialog({ title, on_close, class: name, untitled, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    element.current?.showModal();
    return () => element.current?.close();
  }, []);
  return (
    <dialog
      ref={element}
      class={name}
      aria-label={title}
      onClose={on_close}
      onKeyDown={(event) => event.stopPropagation()}
      onMouseDown={(event) => event.target === element.current && on_close()}
    >
      {!untitled && <h2 class="dialog-title">{title}</h2>}
      {children}
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  children: ComponentChildren;
  /** What the confirming button says: the verb, not "OK". */
  verb: string;
  look?: "primary" | "danger";
  act: () => Promise<unknown>;
  on_close: () => void;
}

/** Asks before it acts. Stays open, with the error, when the act fails. */
export function Confirm({ title, children, verb, look = "danger", act, on_close }: ConfirmProps) {
  const working = useSignal(false);
  const failure = useSignal<Error | null>(null);
  async function go(event: Event) {
    event.preventDefault();
    working.value = true;
    failure.value = null;
    try {
      await act();
      on_close();
    } catch (cause) {
      failure.value = cause instanceof Error ? cause : new Error(String(cause));
      working.value = false;
    }
  }
  return (
    <Dialog title={title} on_close={on_close}>
      <form onSubmit={go}>
        <div class="dialog-body">{children}</div>
        {failure.value && <ErrorNote error={failure.value} />}
        <div class="dialog-actions">
          <Button onClick={on_close}>Cancel</Button>
          <Button look={look} type="submit" working={working.value} disabled={working.value}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
