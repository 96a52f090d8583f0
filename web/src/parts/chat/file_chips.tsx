import { Icon } from "../../ui/icon";
import type { Chat } from "./chat";

/** Files of the workspace, each saved by a click. */
export function FileChips({ chat, paths }: { chat: Chat; paths: string[] }) {
  if (paths.length === 0) return null;
  return (
    <ul class="chips">
      {paths.map((path) => (
        <li key={path}>
          <button type="button" class="chip" title={`Download ${path}`} onClick={() => void chat.save_file(path)}>
            <Icon name="file" size={14} />
            <span>{path}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
