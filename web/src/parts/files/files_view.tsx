import { useSignal } from "@preact/signals";
import type { FileEntry, Folder } from "../../api/types";
import { Button } from "../../ui/button";
import { choose_files } from "../../ui/choose";
import { Confirm } from "../../ui/dialog";
import { bytes, when, when_exactly } from "../../ui/format";
import { Icon } from "../../ui/icon";
import { ErrorNote } from "../../ui/note";
import { type Files, in_order } from "./files";

interface Props {
  files: Files;
  go: (path: string) => void;
}

export function FilesView({ files, go }: Props) {
  const dropping = useSignal(false);
  const folder = files.folder.value;
  return (
    <main
      class="main files"
      onDragOver={(event) => {
        event.preventDefault();
        dropping.value = true;
      }}
      onDragLeave={(event) => {
        if (event.target === event.currentTarget) dropping.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        dropping.value = false;
        void files.upload([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <header class="head">
        <Crumbs path={folder?.path ?? ""} go={go} />
        <Button icon="upload" onClick={() => choose_files((chosen) => void files.upload(chosen))}>
          Upload
        </Button>
      </header>
      <div class="scroll">
        <div class="page">
          <p class="files-progress" role="status">
            {files.progress.value}
          </p>
          {files.error.value && (
            <ErrorNote
              error={files.error.value}
              actions={<Button onClick={() => files.refresh()}>Read again</Button>}
            />
          )}
          {!folder && files.loading.value && <p class="faint">Reading the workspace…</p>}
          {folder && !files.error.value && <FolderTable folder={folder} files={files} go={go} />}
        </div>
      </div>
      {files.removing.value && <Removing entry={files.removing.value} files={files} />}
      {dropping.value && <div class="drop">Drop files to put them into this folder</div>}
    </main>
  );
}

function Removing({ entry, files }: { entry: FileEntry; files: Files }) {
  const folder = entry.kind === "folder";
  return (
    <Confirm
      title={`Remove ${entry.name}?`}
      verb="Remove"
      act={() => files.remove(entry)}
      on_close={() => {
        files.removing.value = null;
      }}
    >
      {folder
        ? "A folder can be removed once nothing is in it."
        : `${bytes(entry.size_bytes)} in the workspace. It cannot be brought back.`}
    </Confirm>
  );
}

function address_of(path: string): string {
  return path ? `/files?path=${encodeURIComponent(path)}` : "/files";
}

function Crumbs({ path, go }: { path: string; go: (path: string) => void }) {
  const names = path ? path.split("/") : [];
  return (
    <nav class="crumbs" aria-label="Folder">
      {["Files", ...names].map((name, index) => {
        const target = names.slice(0, index).join("/");
        const here = index === names.length;
        return (
          <span key={target + name}>
            {index > 0 && <span aria-hidden="true"> / </span>}
            {here ? (
              <h1>{name}</h1>
            ) : (
              <button type="button" class="plain-link" onClick={() => go(address_of(target))}>
                {name}
              </button>
            )}
          </span>
        );
      })}
    </nav>
  );
}

function FolderTable({ folder, files, go }: { folder: Folder; files: Files; go: (path: string) => void }) {
  if (folder.items.length === 0) {
    return (
      <p class="faint files-none">
        This folder is empty. Drop files here, or ask Zo to write some: both see the same workspace.
      </p>
    );
  }
  return (
    <>
      <table class="files-table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col" class="number">
              Changed
            </th>
            <th scope="col">
              <span class="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {in_order(folder.items).map((entry) => (
            <FileRow key={entry.path} entry={entry} files={files} go={go} />
          ))}
        </tbody>
      </table>
      {folder.truncated && <p class="faint">The folder holds more than is shown here; list it with the shell.</p>}
    </>
  );
}

function FileRow({ entry, files, go }: { entry: FileEntry; files: Files; go: (path: string) => void }) {
  const folder = entry.kind === "folder";
  return (
    <tr>
      <td>
        <button
          type="button"
          class="file-name"
          title={folder ? `Open ${entry.name}` : `Download ${entry.name}`}
          onClick={() => (folder ? go(address_of(entry.path)) : void files.save(entry))}
        >
          <Icon name={folder ? "folder" : "file"} />
          <span>{entry.name}</span>
        </button>
      </td>
      <td class="number">{folder ? "" : bytes(entry.size_bytes)}</td>
      <td class="number">
        <time dateTime={entry.modified_at} title={when_exactly(entry.modified_at)}>
          {when(entry.modified_at)}
        </time>
      </td>
      <td class="file-actions">
        <Button
          look="quiet"
          small
          icon="trash"
          label={`Remove ${entry.name}`}
          onClick={() => {
            files.removing.value = entry;
          }}
        />
      </td>
    </tr>
  );
}
