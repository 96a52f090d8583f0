import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { type ApiError, as_error } from "../../api/client";
import type { ComputerInfo } from "../../api/types";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy";
import { Mark } from "../../ui/icon";
import { ErrorNote, Note } from "../../ui/note";
import type { Setup } from "./setup";

function Card({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="card-place">
      <div class="card">
        <div class="card-head">
          <Mark size={32} />
          <h1>{title}</h1>
        </div>
        {children}
      </div>
    </main>
  );
}

/** Which model answers where nothing else is chosen, and the list to choose from. */
export interface ModelChoice {
  current(): string | null;
  choose(name: string): Promise<void>;
  choice(chosen: string | null, choose: (name: string) => void): ComponentChildren;
}

interface Props {
  computer: ComputerInfo | null;
  models: ModelChoice;
  finish: () => Promise<void>;
}

/** The one card of the first visit. */
export function SetupView({ computer, models, finish }: Props) {
  const chosen = useSignal<string | null>(null);
  const working = useSignal(false);
  const error = useSignal<ApiError | null>(null);
  const name = chosen.value ?? models.current();
  async function start() {
    working.value = true;
    error.value = null;
    try {
      if (name && name !== models.current()) await models.choose(name);
      await finish();
    } catch (cause) {
      error.value = as_error(cause);
    }
    working.value = false;
  }
  return (
    <Card title="Which model answers?">
      <p class="card-lead">
        It runs when you ask something. A model on this computer keeps every word here; a provider’s model gets what you
        write and what its tools read. You can change it at any time.
      </p>
      {models.choice(name, (other) => {
        chosen.value = other;
      })}
      {computer && !computer.sandbox.ok && (
        <Note look="warn">
          <strong>Commands cannot run yet: </strong>
          {computer.sandbox.reason} {computer.sandbox.try} Chatting and files work without it.
        </Note>
      )}
      {error.value && <ErrorNote error={error.value} />}
      <div class="card-end">
        <span class="faint">{computer ? `Files live in ${computer.workspace}` : ""}</span>
        <Button look="primary" working={working.value} disabled={working.value} onClick={start}>
          Start
        </Button>
      </div>
    </Card>
  );
}

/** What a browser without a session sees. */
export function NotConnectedView({ setup }: { setup: Setup }) {
  if (setup.working.value) {
    return (
      <Card title="Connecting this browser">
        <p class="card-lead">The link’s secret is being traded for a session…</p>
      </Card>
    );
  }
  return (
    <Card title="This browser is not connected">
      {setup.error.value && <ErrorNote error={setup.error.value} />}
      <p class="card-lead">
        Run this where ZoClone runs, then open the link it prints. It works once, for ten minutes.
      </p>
      <div class="command">
        <code>zo setup-link</code>
        <CopyButton text={() => "zo setup-link"} named />
      </div>
    </Card>
  );
}
