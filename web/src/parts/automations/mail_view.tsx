// The section of the settings with the mail server: what is kept, a form for it, and a test that really sends.
import "./mail.css";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import type { Client } from "../../api/client";
import type { MailServer, MailServerNew } from "../../api/types";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { ErrorNote } from "../../ui/note";
import { SecretField } from "../../ui/secret_field";
import { LineField } from "./field";
import { Mail } from "./mail";

export function open_mail(client: Client): { load(): Promise<void>; view(): ComponentChildren } {
  const mail = new Mail(client);
  return { load: () => mail.load(), view: () => <MailView mail={mail} /> };
}

function MailView({ mail }: { mail: Mail }) {
  const kept = mail.kept.value;
  const editing = useSignal(false);
  const close = () => {
    editing.value = false;
  };
  return (
    <>
      {mail.error.value && <ErrorNote error={mail.error.value} />}
      {kept === undefined && !mail.error.value && <p class="faint">Reading the mail server…</p>}
      {kept && !editing.value && <Kept of={kept} mail={mail} edit={() => (editing.value = true)} />}
      {(kept === null || (kept && editing.value)) && <Form before={kept} mail={mail} on_close={close} />}
      {mail.removing.value && (
        <Confirm
          title="Remove the mail server?"
          verb="Remove"
          act={() => mail.remove()}
          on_close={() => {
            mail.removing.value = false;
          }}
        >
          Its password is erased, and no result is sent by e-mail until there is another.
        </Confirm>
      )}
    </>
  );
}

function Kept({ of: kept, mail, edit }: { of: MailServer; mail: Mail; edit: () => void }) {
  const to = useSignal("");
  const test = mail.test.value;
  const sending = test?.at === "sending";
  return (
    <>
      <dl class="facts wide">
        <dt>Server</dt>
        <dd>{kept.server}</dd>
        <dt>From</dt>
        <dd>{kept.from}</dd>
        <dt>User</dt>
        <dd>{kept.user ? `${kept.user}, ${kept.has_password ? "with a password" : "without a password"}` : "none"}</dd>
      </dl>
      <div class="choices">
        <Button onClick={edit}>Change</Button>
        <Button
          onClick={() => {
            mail.removing.value = true;
          }}
        >
          Remove…<span class="unseen"> the mail server</span>
        </Button>
      </div>
      <form
        class="mail-test"
        onSubmit={(event) => {
          event.preventDefault();
          void mail.try_out(to.value.trim());
        }}
      >
        <input
          class="field"
          type="email"
          required
          aria-label="Send a test to"
          placeholder="me@example.org"
          value={to.value}
          onInput={(event) => {
            to.value = event.currentTarget.value;
          }}
        />
        <Button type="submit" working={sending} disabled={sending}>
          {sending ? "Sending…" : "Send a test"}
        </Button>
      </form>
      {test?.at === "sent" && (
        <p class="model-result ok" role="status">
          <Icon name="check" /> The server took it for {test.to}. Look whether it arrives.
        </p>
      )}
      {test?.at === "failed" && <ErrorNote error={test.error} />}
    </>
  );
}

function Form({ before, mail, on_close }: { before: MailServer | null; mail: Mail; on_close: () => void }) {
  const server = useSignal(before?.server ?? "");
  const user = useSignal(before?.user ?? "");
  const from = useSignal(before?.from ?? "");
  const password = useRef<HTMLInputElement>(null);
  const working = useSignal(false);
  async function keep(event: Event) {
    event.preventDefault();
    working.value = true;
    const wish: MailServerNew = { server: server.value.trim(), user: user.value.trim(), from: from.value.trim() };
    if (password.current?.value) wish.password = password.current.value;
    if (await mail.keep(wish)) on_close();
    working.value = false;
  }
  return (
    <form class="form" onSubmit={keep} autocomplete="off" aria-label="Mail server">
      <LineField
        id="mail-server"
        label="Server"
        required
        placeholder="smtps://smtp.example.org:465"
        hint="smtps:// encrypts from the first byte; smtp://…:587 begins with STARTTLS."
        value={server.value}
        on_value={(value) => (server.value = value)}
      />
      <LineField
        id="mail-from"
        label="From"
        required
        placeholder="zo@example.org"
        value={from.value}
        on_value={(value) => (from.value = value)}
      />
      <LineField
        id="mail-user"
        label="User, if the server asks for one"
        placeholder="zo@example.org"
        value={user.value}
        on_value={(value) => (user.value = value)}
      />
      <div>
        <SecretField
          id="mail-password"
          label={before?.has_password ? "Password (empty: the one that is kept)" : "Password"}
          field={password}
        />
      </div>
      <div class="note-actions">
        <Button look="primary" type="submit" working={working.value} disabled={working.value}>
          Keep
        </Button>
        {before && <Button onClick={on_close}>Cancel</Button>}
      </div>
    </form>
  );
}
