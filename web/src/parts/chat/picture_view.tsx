import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { read_picture } from "../../api/picture";
import type { Chat } from "./chat";

/** A picture of the workspace; nothing while it is read, or where there is none. */
export function PictureView({ chat, path }: { chat: Chat; path: string }) {
  const url = useSignal<string | null>(null);
  useEffect(() => {
    const gone = new AbortController();
    read_picture(chat.client, path, gone.signal).then(
      (picture) => {
        if (picture && !gone.signal.aborted) url.value = URL.createObjectURL(picture);
      },
      () => {}, // No such file: the call only spoke of it.
    );
    return () => {
      gone.abort();
      if (url.value) URL.revokeObjectURL(url.value);
    };
  }, [path]);
  if (!url.value) return null;
  return (
    <button type="button" class="picture" title={`Download ${path}`} onClick={() => void chat.save_file(path)}>
      <img
        src={url.value}
        alt={path}
        onError={() => {
          url.value = null;
        }}
      />
    </button>
  );
}
