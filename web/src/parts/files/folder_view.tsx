import type { FileEntry, Folder } from "../../api/types";
import { bytes, when, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { EntriesTable } from "./entries_table";
import { entry_menu } from "./entry_menu";
import { type Files, in_order } from "./files";
import { address_of } from "./kinds";

interface Props {
  folder: Folder;
  files: Files;
  go: (path: string) => void;
}

export function FolderTable({ folder, files, go }: Props) {
  if (folder.items.length === 0) {
    return (
      <p class="faint files-none">
        This folder is empty. Drop files here, or ask Zo to write some: both see the same workspace.
      </p>
    );
  }
  return (
    <>
      <EntriesTable when="Changed">
        {in_order(folder.items).map((entry) => (
          <FileRow key={entry.path} entry={entry} files={files} go={go} />
        ))}
      </EntriesTable>
      {folder.truncated && <p class="faint">The folder holds more than is shown here; list it with the shell.</p>}
    </>
  );
}

function FileRow({ entry, files, go }: { entry: FileEntry; files: Files; go: (path: string) => void }) {
  const folder = entry.kind === "folder";
  const address = address_of(entry.path);
  return (
    <tr>
      <td>
        <a
          class="file-name"
          href={address}
          data-key={entry.path}
          title={`Open ${entry.name}`}
          aria-keyshortcuts="F2 Delete"
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            go(address);
          }}
          onKeyDown={(event) => row_key(event, entry, files)}
        >
          <Icon name={folder ? "folder" : "file"} />
          {folder && <span class="unseen">Folder </span>}
          <span>{entry.name}</span>
        </a>
      </td>
      <td class="number">{folder ? "" : bytes(entry.size_bytes)}</td>
      <td class="number">
        <time dateTime={entry.modified_at} title={when_exactly(entry.modified_at)}>
          {when(entry.modified_at)}
        </time>
      </td>
      <td class="file-actions">
        <Menu label={`Actions on ${entry.name}`} icon="more" small items={() => entry_menu(entry, files)} />
      </td>
    </tr>
  );
}

/** On a name: as in other lists of files. */
function row_key(event: KeyboardEvent & { currentTarget: HTMLElement }, entry: FileEntry, files: Files): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const names = [...(event.currentTarget.closest("table")?.querySelectorAll<HTMLElement>(".file-name") ?? [])];
  const at = names.indexOf(event.currentTarget);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (to !== undefined) names[to]?.focus();
  else if (event.key === "Delete") void files.delete(entry);
  else if (event.key === "F2") files.asked.value = { kind: "rename", entry };
  else return;
  event.preventDefault();
}
