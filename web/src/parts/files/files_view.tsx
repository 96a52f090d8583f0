import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button";
import { choose_files } from "../../ui/choose";
import { CopyButton } from "../../ui/copy";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { ErrorNote } from "../../ui/note";
import { Asking } from "./asking";
import { DeletedTable } from "./deleted_view";
import { entry_menu } from "./entry_menu";
import { FileView } from "./file_view";
import type { Files, Shown } from "./files";
import { FolderTable } from "./folder_view";
import { address_of, kDeletedAddress, name_of } from "./kinds";

interface Props {
  files: Files;
  go: (path: string) => void;
}

export function FilesView({ files, go }: Props) {
  const dropping = useSignal(false);
  const main = useRef<HTMLElement>(null);
  const shown = files.shown.value;
  const focus = files.focus.value;
  const asked = files.asked.value;
  useEffect(() => {
    if (focus === null || asked) return;
    give_focus(main.current, focus);
    files.focus.value = null;
  }, [shown, focus, asked]);
  return (
    <main
      ref={main}
      class="main files"
      onKeyDown={(event) => {
        const is_undo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
        if (!is_undo || !files.undoable.value || event.target instanceof HTMLInputElement) return;
        event.preventDefault();
        void files.undo();
      }}
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
        <Crumbs names={shown?.kind === "deleted" ? ["Deleted files"] : names_in(files.wanted_path)} go={go} />
        <HeadActions files={files} shown={shown} go={go} />
      </header>
      <div class="scroll">
        <div class={shown?.kind === "file" ? "page wide" : "page"}>
          <p class="files-progress" role="status">
            {files.progress.value}
          </p>
          <Failure files={files} />
          {!shown && files.loading.value && <p class="faint">Reading the workspace…</p>}
          {shown?.kind === "folder" && <FolderTable folder={shown.folder} files={files} go={go} />}
          {shown?.kind === "file" && <FileView key={shown.path} shown={shown} files={files} />}
          {shown?.kind === "deleted" && <DeletedTable items={shown.items} files={files} />}
        </div>
      </div>
      <Undo files={files} />
      {asked && <Asking asked={asked} files={files} />}
      {dropping.value && <div class="drop">Drop files to put them into this folder</div>}
    </main>
  );
}

/** To a row, if it is there, or else to the heading; not away from where a person went meanwhile. */
function give_focus(main: HTMLElement | null, key: string): void {
  const active = document.activeElement;
  if (!main || (active && active !== document.body && !main.contains(active))) return;
  const row = key ? main.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) : null;
  (row ?? main.querySelector<HTMLElement>("h1"))?.focus();
}

function HeadActions({ files, shown, go }: { files: Files; shown: Shown | null; go: (path: string) => void }) {
  const link = (
    <CopyButton icon="link" label="Copy link" text={() => location.origin + address_of(shown?.path ?? "")} />
  );
  if (shown?.kind === "file") {
    const { entry } = shown;
    return (
      <>
        {link}
        {entry.kind === "file" && (
          <Button icon="download" onClick={() => files.save(entry)}>
            Download
          </Button>
        )}
        <Menu label={`Actions on ${entry.name}`} icon="more" items={() => entry_menu(entry, files)} />
      </>
    );
  }
  if (shown?.kind === "deleted") {
    if (shown.items.length === 0) return null;
    return (
      <Button
        icon="trash"
        onClick={() => {
          files.asked.value = { kind: "empty" };
        }}
      >
        Empty…
      </Button>
    );
  }
  return (
    <>
      {link}
      <Button look="quiet" icon="trash" label="Deleted files" onClick={() => go(kDeletedAddress)} />
      <Button
        look="quiet"
        icon="plus"
        label="New folder"
        onClick={() => {
          files.asked.value = { kind: "folder" };
        }}
      />
      <Button icon="upload" onClick={() => choose_files((chosen) => void files.upload(chosen))}>
        Upload
      </Button>
    </>
  );
}

function Failure({ files }: { files: Files }) {
  const error = files.error.value;
  const entry = files.undeletable.value;
  if (!error) return null;
  const for_good = () => {
    if (entry) files.asked.value = { kind: "remove", entry };
  };
  return (
    <ErrorNote
      error={error}
      actions={
        <>
          <Button onClick={() => files.refresh()}>Read again</Button>
          {entry && <Button onClick={for_good}>Remove for good…</Button>}
        </>
      }
    />
  );
}

function Undo({ files }: { files: Files }) {
  const last = files.undoable.value;
  if (!last) return null;
  return (
    <section class="undo" aria-label="Last deletion">
      <Icon name="trash" />
      <span>
        <strong>{name_of(last.path)}</strong> deleted.
      </span>
      <Button small aria-keyshortcuts="Control+Z" onClick={() => files.undo()}>
        Undo
      </Button>
      <Button
        look="quiet"
        small
        icon="close"
        label="Close"
        onClick={() => {
          files.undoable.value = null;
          files.focus.value = "";
        }}
      />
    </section>
  );
}

function names_in(path: string): string[] {
  return path.split("/").filter(Boolean);
}

function Crumbs({ names, go }: { names: string[]; go: (path: string) => void }) {
  return (
    <nav class="crumbs" aria-label="Folder">
      {["Files", ...names].map((name, index) => {
        const target = names.slice(0, index).join("/");
        const here = index === names.length;
        return (
          <span key={target + name}>
            {index > 0 && <span aria-hidden="true"> / </span>}
            {here ? (
              <h1 tabIndex={-1}>{name}</h1>
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
