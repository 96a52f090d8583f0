// The main column: title and model, the conversation, the box to write in.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { Button } from "../../ui/button";
import { Menu } from "../../ui/menu";
import { ErrorNote } from "../../ui/note";
import type { Chat } from "./chat";
import { title_of } from "./chat";
import { Composer } from "./composer";
import { DetailsView } from "./details_view";
import { EmptyChat } from "./empty_view";
import type { AnotherModel } from "./live_view";
import { MessagesView } from "./messages_view";

interface Props {
  chat: Chat;
  /** Shows which model answers here and lets one choose. */
  model_picker: ComponentChildren;
  /** What to do where an answer of the model `failed`. */
  another_model: AnotherModel;
  /** What a person should know before asking: no model is ready, for one. */
  notice: ComponentChildren;
}

export function ChatView({ chat, model_picker, another_model, notice }: Props) {
  const open = chat.open.value;
  const dropping = useSignal(false);
  const over = useRef(0);
  const title = open ? title_of(open.conversation.value) : "New conversation";

  function drag(event: DragEvent, step: number) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    over.current = Math.max(over.current + step, 0);
    dropping.value = over.current > 0;
  }

  return (
    <>
      <main
        class="main"
        onDragEnter={(event) => drag(event, 1)}
        onDragLeave={(event) => drag(event, -1)}
        onDragOver={(event) => drag(event, 0)}
        onDrop={(event) => {
          event.preventDefault();
          over.current = 0;
          dropping.value = false;
          chat.attachments.add(event.dataTransfer?.files ?? []);
        }}
      >
        <header class="head">
          <Button look="quiet" icon="list" label="Conversations" onClick={() => chat.toggle_list()} />
          <h1 class="head-title">{open?.loading.value ? "" : title}</h1>
          {model_picker}
          {open && (
            <Button
              look="quiet"
              icon="details"
              class="details-button"
              label="Details"
              aria-pressed={chat.details_shown()}
              onClick={() => chat.toggle_details()}
            />
          )}
          {open?.conversation.value && <ConversationMenu chat={chat} />}
        </header>
        {!open && <EmptyChat chat={chat} notice={notice} />}
        {open?.loading.value && <p class="main-note faint">Reading the conversation…</p>}
        {open?.missing.value && (
          <div class="main-note">
            <ErrorNote
              error={open.missing.value}
              actions={open.missing.value.status !== 404 && <Button onClick={() => open.load()}>Read again</Button>}
            />
          </div>
        )}
        {open && !open.loading.value && !open.missing.value && (
          <MessagesView key={open.id} chat={chat} open={open} another_model={another_model} />
        )}
        {!open?.missing.value && <Composer key={open?.id ?? "new"} chat={chat} />}
        {dropping.value && <div class="drop">Drop files to attach them to your message</div>}
      </main>
      {open && chat.details_shown() && !open.missing.value && <DetailsView chat={chat} open={open} />}
    </>
  );
}

function ConversationMenu({ chat }: { chat: Chat }) {
  const conversation = chat.open.value?.conversation.value;
  if (!conversation) return null;
  return (
    <Menu
      label="Actions on this conversation"
      icon="more"
      items={() => [...chat.details_action(), ...chat.actions_on(conversation)]}
    />
  );
}
