// Messages that the server has not taken yet, each at its place in the conversation.
import { Button } from "../../ui/button";
import { ErrorNote } from "../../ui/note";
import type { Chat } from "./chat";
import { FileChips } from "./file_chips";
import type { OpenChat } from "./open_chat";
import type { Turn } from "./turns";
import type { Outgoing } from "./unsent";

/** What could not be sent stands where it was written; what is on its way stands last. */
export function unsent_at(turns: Turn[], entries: Outgoing[]) {
  const first: Outgoing[] = [];
  const last: Outgoing[] = [];
  const behind = new Map<string, Outgoing[]>();
  for (const entry of entries) {
    const turn = entry.error && turns.find((each) => each.messages.some((message) => message.id === entry.after));
    if (turn) behind.set(turn.key, [...(behind.get(turn.key) ?? []), entry]);
    else if (entry.error && entry.after === null) first.push(entry);
    else last.push(entry);
  }
  return { first, behind, last };
}

/** A message that the server has not taken yet. */
export function Leaving({ chat, open, entry }: { chat: Chat; open: OpenChat; entry: Outgoing }) {
  return (
    <article class="turn user" aria-label="You">
      <div class="who">You</div>
      <div class="said">
        <p class="user-text">{entry.text}</p>
        <FileChips chat={chat} paths={entry.files} />
        {entry.error ? (
          <ErrorNote
            error={{ message: `Not sent: ${entry.error.message}`, advice: entry.error.advice }}
            actions={
              <>
                <Button onClick={() => open.send_again(entry)}>Send again</Button>
                <Button onClick={() => open.outbox.drop(entry.key)}>Remove</Button>
              </>
            }
          />
        ) : (
          <p class="faint">Sending…</p>
        )}
      </div>
    </article>
  );
}
