// What a person is asked before something changes.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { FileEntry } from "../../api/types";
import { Confirm } from "../../ui/dialog";
import { bytes } from "../../ui/format";
import { TextField } from "../../ui/text_field";
import type { Asked, Files } from "./files";
import { folder_of, name_of } from "./kinds";

export function Asking({ asked, files }: { asked: Asked; files: Files }) {
  const close = () => {
    files.asked.value = null;
  };
  switch (asked.kind) {
    case "rename":
      return <Rename entry={asked.entry} files={files} on_close={close} />;
    case "folder":
      return <NewFolder files={files} on_close={close} />;
    case "remove":
      return (
        <Confirm
          title={`Remove ${asked.entry.name} for good?`}
          verb="Remove"
          act={() => files.remove(asked.entry)}
          on_close={close}
        >
          {asked.entry.kind === "folder"
            ? "A folder can be removed for good once nothing is in it."
            : `${bytes(asked.entry.size_bytes)} in the workspace. It cannot be brought back.`}
        </Confirm>
      );
    case "discard":
      return (
        <Confirm
          title={`Remove ${name_of(asked.item.path)} for good?`}
          verb="Remove"
          act={() => files.discard(asked.item)}
          on_close={close}
        >
          {bytes(asked.item.size_bytes)} become free. It cannot be brought back.
        </Confirm>
      );
    case "empty":
      return (
        <Confirm title="Remove all deleted files for good?" verb="Remove" act={() => files.empty()} on_close={close}>
          The room that they take becomes free. None of them can be brought back.
        </Confirm>
      );
  }
}

function Rename({ entry, files, on_close }: { entry: FileEntry; files: Files; on_close: () => void }) {
  const name = useSignal(entry.name);
  const folder = useSignal(folder_of(entry.path));
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // Without the ending: that is what is mostly changed.
    const point = entry.name.lastIndexOf(".");
    field.current?.focus();
    field.current?.setSelectionRange(0, point > 0 && entry.kind === "file" ? point : entry.name.length);
  }, []);
  return (
    <Confirm
      title={`Rename or move ${entry.name}`}
      verb="Rename"
      look="primary"
      act={() => files.rename(entry, folder.value.trim(), name.value.trim())}
      on_close={on_close}
    >
      <TextField
        id="file-new-name"
        autocomplete="off"
        label="Name"
        field={field}
        required
        value={name.value}
        on_value={(value) => (name.value = value)}
      />
      <TextField
        id="file-new-folder"
        autocomplete="off"
        label="Folder, one that is there; nothing: the top of the workspace"
        below
        list="file-folders"
        value={folder.value}
        on_value={(value) => (folder.value = value)}
      />
      <datalist id="file-folders">
        {near_folders(files, entry).map((path) => (
          <option key={path} value={path} />
        ))}
      </datalist>
    </Confirm>
  );
}

/** Those above an entry, and those beside it. */
function near_folders(files: Files, entry: FileEntry): string[] {
  const shown = files.shown.value;
  const beside = shown?.kind === "folder" ? shown.folder.items.filter((each) => each.kind === "folder") : [];
  const above = folder_of(entry.path)
    .split("/")
    .filter(Boolean)
    .map((_, index, names) => names.slice(0, index + 1).join("/"));
  return [...above, ...beside.map((each) => each.path).filter((path) => path !== entry.path)];
}

function NewFolder({ files, on_close }: { files: Files; on_close: () => void }) {
  const name = useSignal("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <Confirm
      title="New folder"
      verb="Make folder"
      look="primary"
      act={() => files.make_folder(name.value.trim())}
      on_close={on_close}
    >
      <TextField
        id="folder-name"
        autocomplete="off"
        label="Name"
        field={field}
        required
        value={name.value}
        on_value={(value) => (name.value = value)}
      />
    </Confirm>
  );
}
