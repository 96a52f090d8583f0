// The box to write in. What is written survives a reload.
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button";
import { choose_files } from "../../ui/choose";
import { bytes } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { ErrorNote } from "../../ui/note";
import type { Attachment } from "./attachments";
import type { Chat } from "./chat";
import { sends, touched } from "./keys";

const kDraftKey = "zo.draft.";

export function Composer({ chat }: { chat: Chat }) {
  const open = chat.open.value;
  const key = kDraftKey + (open?.id ?? "new");
  const text = useSignal(sessionStorage.getItem(key) ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  const starting = useSignal(false);
  const working = open?.working.value ?? false;
  const { attachments } = chat;
  const ready = text.value.trim() !== "" && !attachments.uploading.value && !starting.value;

  useEffect(() => {
    if (text.value) sessionStorage.setItem(key, text.value);
    else sessionStorage.removeItem(key);
  }, [text.value, key]);

  useEffect(() => {
    // A keyboard that slides up unasked hides the page on a phone.
    if (!touched.value) field.current?.focus();
  }, []);

  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text.value]);

  async function send() {
    if (!ready) return;
    const written = text.value;
    text.value = "";
    starting.value = true;
    const sent = await chat.send(written.trim());
    starting.value = false;
    if (!sent) text.value = written;
  }

  return (
    <div class="composer-place">
      {chat.problem.value && (
        <ErrorNote
          error={chat.problem.value}
          actions={<Button onClick={() => (chat.problem.value = null)}>Dismiss</Button>}
        />
      )}
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {attachments.items.value.length > 0 && (
          <ul class="chips" aria-label="Attached files">
            {attachments.items.value.map((item) => (
              <Attached key={item.key} item={item} remove={() => attachments.remove(item.key)} />
            ))}
          </ul>
        )}
        <textarea
          ref={field}
          id="composer"
          rows={1}
          aria-label="Message"
          placeholder={working ? "Say something more; it is queued…" : "Say something…"}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
          onPaste={(event) => {
            const files = event.clipboardData?.files;
            if (!files || files.length === 0) return;
            event.preventDefault();
            attachments.add(files);
          }}
          enterkeyhint={touched.value ? "enter" : "send"}
          onKeyDown={(event) => {
            if (!sends(event)) return;
            event.preventDefault();
            void send();
          }}
        />
        <div class="composer-foot">
          <Button
            look="quiet"
            icon="clip"
            label="Attach files"
            onClick={() => choose_files((files) => attachments.add(files))}
          />
          <span class={attachments.uploading.value ? "composer-hint" : "composer-hint keys"}>
            {hint(working, attachments.uploading.value)}
          </span>
          {working && (
            <Button icon="stop" disabled={open?.stopping.value ?? false} onClick={() => void open?.stop()}>
              {open?.stopping.value ? "Stopping…" : "Stop"}
            </Button>
          )}
          <Button look="primary" type="submit" icon={working ? "queue" : "send"} disabled={!ready}>
            {working ? "Queue" : "Send"}
          </Button>
        </div>
      </form>
    </div>
  );
}

function hint(working: boolean, uploading: boolean): string {
  if (uploading) return "Uploading…";
  return working ? "Esc stops" : "Shift+Enter for a new line";
}

function Attached({ item, remove }: { item: Attachment; remove: () => void }) {
  const state = item.error ? item.error.message : item.path === null ? "uploading…" : bytes(item.size_bytes);
  return (
    <li class={item.error ? "chip failed" : "chip"} title={item.error?.advice}>
      <Icon name={item.error ? "warn" : "file"} size={14} />
      <span>{item.path ?? item.name}</span>
      <small>{state}</small>
      <Button look="quiet" small icon="close" label={`Do not attach ${item.name}`} onClick={remove} />
    </li>
  );
}
