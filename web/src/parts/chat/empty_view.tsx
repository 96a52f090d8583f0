// A conversation that has not begun: what one could ask here, now.
import type { ComponentChildren } from "preact";
import { Mark } from "../../ui/icon";
import type { Chat } from "./chat";

export function EmptyChat({ chat, notice }: { chat: Chat; notice: ComponentChildren }) {
  return (
    <div class="scroll">
      <div class="empty">
        <div class="empty-mark">
          <Mark size={40} />
        </div>
        <h2>What should be done?</h2>
        {notice}
        {chat.examples.value.length > 0 && (
          <ul class="examples" aria-label="Examples">
            {chat.examples.value.map((example) => (
              <li key={example.text}>
                <button type="button" onClick={() => void chat.send(example.text)}>
                  <span>{example.text}</span>
                  <small>{example.why}</small>
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
