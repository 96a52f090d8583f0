// The two questions asked before a conversation is changed for good.
import { useSignal } from "@preact/signals";
import { Confirm } from "../../ui/dialog";
import { TextField } from "../../ui/text_field";
import { type Chat, title_of } from "./chat";

const kTitleMaxChars = 200;

export function Questions({ chat }: { chat: Chat }) {
  const question = chat.question.value;
  if (!question) return null;
  const close = () => {
    chat.question.value = null;
  };
  const { conversation } = question;
  if (question.ask === "rename") return <Rename key={conversation.id} chat={chat} close={close} />;
  return (
    <Confirm title="Delete this conversation?" verb="Delete" act={() => chat.remove(conversation)} on_close={close}>
      “{title_of(conversation)}” and all its messages will be gone. Files in the workspace stay.
    </Confirm>
  );
}

function Rename({ chat, close }: { chat: Chat; close: () => void }) {
  const conversation = chat.question.value?.conversation;
  const title = useSignal(conversation?.title ?? "");
  if (!conversation) return null;
  return (
    <Confirm
      title="Rename the conversation"
      verb="Rename"
      look="primary"
      act={() => chat.rename(conversation, title.value.trim())}
      on_close={close}
    >
      <TextField
        id="rename-title"
        label="Title"
        required
        maxLength={kTitleMaxChars}
        value={title.value}
        field={(field) => {
          if (field && document.activeElement !== field) field.select();
        }}
        on_value={(value) => {
          title.value = value;
        }}
      />
    </Confirm>
  );
}
