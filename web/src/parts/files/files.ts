// The workspace: a folder of it, or a file, or what was deleted; and what a person changes in it.
import { signal } from "@preact/signals";
import { type ApiError, as_error, type Client, with_query } from "../../api/client";
import type { FileEntry, FilePath, Folder, TrashedFile, TrashedFiles } from "../../api/types";
import { announce } from "../../ui/announce";
import { download } from "../../ui/download";
import { bytes } from "../../ui/format";
import { address_of, type Decoded, decode, folder_of, joined, kTextMaxBytes, look_of, name_of } from "./kinds";

const kFileMaxBytes = 64 * 1024 * 1024;

/** What is on the screen. Of a file: its text, or its short-lived address for a picture or a PDF; neither when it is no text. */
export type Shown =
  | { kind: "folder"; path: string; folder: Folder }
  | { kind: "file"; path: string; entry: FileEntry; address?: string; decoded?: Decoded | null }
  | { kind: "deleted"; path: ""; items: TrashedFile[] };

/** What a person is asked. */
export type Asked =
  | { kind: "rename"; entry: FileEntry }
  | { kind: "folder" }
  | { kind: "remove"; entry: FileEntry }
  | { kind: "discard"; item: TrashedFile }
  | { kind: "empty" };

export class Files {
  readonly shown = signal<Shown | null>(null);
  readonly error = signal<ApiError | null>(null);
  readonly loading = signal(false);
  /** What is being uploaded, or was and what became of it. */
  readonly progress = signal("");
  readonly asked = signal<Asked | null>(null);
  /** The last deletion, as long as it can be undone by one press. */
  readonly undoable = signal<TrashedFile | null>(null);
  /** What could not be deleted so that it can be put back: it may be removed for good. */
  readonly undeletable = signal<FileEntry | null>(null);
  /** The row that gets the focus when it is drawn: by path, or by id; "": the heading. */
  readonly focus = signal<string | null>(null);
  private readonly client: Client;
  private readonly go: (address: string) => void;
  private url = new URL("/files", location.origin);

  constructor(client: Client, go: (address: string) => void) {
    this.client = client;
    this.go = go;
  }

  /** The folder on the screen, or the one that holds the file on the screen. */
  get folder_path(): string {
    const shown = this.shown.value;
    return shown?.kind === "file" ? folder_of(shown.path) : (shown?.path ?? "");
  }

  /** What the address bar names, also when it cannot be shown. */
  get wanted_path(): string {
    return this.shown.value?.path ?? this.url.searchParams.get("path") ?? "";
  }

  async show(url: URL): Promise<void> {
    const from = this.shown.value;
    this.url = url;
    this.loading.value = true;
    this.error.value = null;
    this.undeletable.value = null;
    try {
      const shown = await this.read(url);
      if (this.url !== url) return;
      this.shown.value = shown;
      // Back up: the row one came from. Else the heading, which says where one is.
      if (from && is_elsewhere(from, shown)) this.focus.value = folder_of(from.path) === shown.path ? from.path : "";
    } catch (cause) {
      if (this.url !== url) return;
      this.shown.value = null;
      this.error.value = as_error(cause);
    }
    this.loading.value = false;
  }

  async refresh(): Promise<void> {
    await this.show(this.url);
  }

  private async read(url: URL): Promise<Shown> {
    if (url.searchParams.has("deleted")) {
      return { kind: "deleted", path: "", ...(await this.client.get<TrashedFiles>("/api/files/trash")) };
    }
    const path = url.searchParams.get("path") ?? "";
    const entry = path ? await this.client.get<FileEntry>(with_query("/api/files/entry", { path })) : null;
    if (entry && entry.kind !== "folder") return this.read_file(entry);
    const folder = await this.client.get<Folder>(with_query("/api/files", { path: path || undefined }));
    return { kind: "folder", path: entry?.path ?? "", folder };
  }

  private async read_file(entry: FileEntry): Promise<Shown> {
    const { path, name, size_bytes } = entry;
    if (entry.kind === "other") return { kind: "file", path, entry };
    const look = look_of(name);
    const has_address = look === "picture" || look === "drawing" || look === "pdf";
    const address = has_address ? await this.client.file_address(path) : undefined;
    if (look === "picture" || look === "pdf") return { kind: "file", path, entry, ...(address ? { address } : {}) };
    const first = await this.client.beginning(with_query("/api/files/content", { path }), kTextMaxBytes);
    const decoded = decode(first, size_bytes > kTextMaxBytes);
    return { kind: "file", path, entry, decoded, ...(address ? { address } : {}) };
  }

  /** Does what may fail; what fails is shown above the list. `deleted`: what was to be deleted, so that it can be put back. */
  private async attempt(act: () => Promise<void>, deleted: FileEntry | null = null): Promise<void> {
    this.error.value = null;
    this.undeletable.value = null;
    try {
      await act();
    } catch (cause) {
      const error = as_error(cause);
      // Somebody else changed what is shown.
      if (error.code === "conflict" || error.code === "not_found") await this.refresh();
      this.error.value = error;
      // A full disk, or another file system, has no room for what is kept.
      if (error.code === "exhausted" || error.code === "invalid") this.undeletable.value = deleted;
    }
  }

  async save(entry: FileEntry): Promise<void> {
    await this.attempt(async () => download(await this.client.file_address(entry.path), entry.name));
  }

  async make_folder(name: string): Promise<void> {
    const { path } = await this.client.post<FilePath>("/api/files/folders", { path: joined(this.folder_path, name) });
    announce(`The folder ${name_of(path)} was made.`);
    await this.refresh();
    this.focus.value = path;
  }

  async rename(entry: FileEntry, folder: string, name: string): Promise<void> {
    const { path } = await this.client.post<FilePath>("/api/files/move", {
      path: entry.path,
      to: joined(folder, name),
    });
    const is_moved = folder_of(path) !== folder_of(entry.path);
    this.say(is_moved ? `${entry.name} is now ${path}.` : `${entry.name} is now called ${name_of(path)}.`);
    if (this.shown.value?.kind === "file") return this.go(address_of(path));
    const next = this.next_row(entry.path);
    await this.refresh();
    this.focus.value = is_moved ? next : path;
  }

  async delete(entry: FileEntry): Promise<void> {
    await this.attempt(async () => {
      const next = this.next_row(entry.path);
      this.undoable.value = await this.client.post<TrashedFile>("/api/files/trash", { path: entry.path });
      this.say("");
      announce(`${entry.name} deleted. Ctrl-Z brings it back.`);
      if (this.shown.value?.kind === "file") return this.go(address_of(folder_of(entry.path)));
      await this.refresh();
      this.focus.value = next;
    }, entry);
  }

  /** Of the last deletion. */
  async undo(): Promise<void> {
    const item = this.undoable.value;
    if (item) await this.restore(item);
  }

  async restore(item: TrashedFile): Promise<void> {
    await this.attempt(async () => {
      const next = this.next_row(item.id);
      const { path } = await this.client.post<FilePath>(`/api/files/trash/${item.id}/restore`);
      if (this.undoable.value?.id === item.id) this.undoable.value = null;
      this.say(`${path} is back.`);
      await this.refresh();
      this.focus.value = this.shown.value?.kind === "folder" ? path : next;
    });
  }

  /** For good: a file, or a folder with nothing in it. */
  async remove(entry: FileEntry): Promise<void> {
    const next = this.next_row(entry.path);
    await this.client.remove(with_query("/api/files/content", { path: entry.path }));
    this.say(`${entry.name} removed for good.`);
    await this.refresh();
    this.focus.value = next;
  }

  async discard(item: TrashedFile): Promise<void> {
    const next = this.next_row(item.id);
    await this.client.remove(`/api/files/trash/${item.id}`);
    await this.after_discarding(`${name_of(item.path)} removed for good.`, next);
  }

  async empty(): Promise<void> {
    await this.client.remove("/api/files/trash");
    await this.after_discarding("All deleted files removed for good.", "");
  }

  private async after_discarding(words: string, next: string): Promise<void> {
    this.undoable.value = null;
    this.say(words);
    await this.refresh();
    this.focus.value = next;
  }

  async upload(files: File[]): Promise<void> {
    const failures: string[] = [];
    for (const [index, file] of files.entries()) {
      this.progress.value = `Uploading ${file.name} (${index + 1} of ${files.length}, ${bytes(file.size)})…`;
      const failure = await this.upload_one(file);
      if (failure) failures.push(failure);
    }
    const stored = files.length - failures.length;
    this.progress.value = [stored > 0 ? `${stored} uploaded.` : "", ...failures].filter(Boolean).join(" ");
    await this.refresh();
  }

  private async upload_one(file: File): Promise<string | null> {
    if (file.size > kFileMaxBytes) return `${file.name} is ${bytes(file.size)}, the limit is 64 MiB.`;
    try {
      await this.client.put(with_query("/api/files/content", { path: joined(this.folder_path, file.name) }), {
        raw: file,
      });
      return null;
    } catch (cause) {
      return `${file.name}: ${as_error(cause).message}`;
    }
  }

  private say(words: string): void {
    this.progress.value = words;
  }

  /** What stands behind a row, or before the last one: it gets the focus when the row goes. */
  private next_row(key: string): string {
    const keys = row_keys(this.shown.value);
    const at = keys.indexOf(key);
    return keys[at + 1] ?? keys[at - 1] ?? "";
  }
}

/** Of the rows on the screen, in their order. */
function row_keys(shown: Shown | null): string[] {
  if (shown?.kind === "folder") return in_order(shown.folder.items).map((entry) => entry.path);
  return shown?.kind === "deleted" ? shown.items.map((item) => item.id) : [];
}

function is_elsewhere(a: Shown, b: Shown): boolean {
  return a.kind !== b.kind || a.path !== b.path;
}

/** Folders first, then by name as people count: a2 before a10. */
export function in_order(items: FileEntry[]): FileEntry[] {
  const rank = (entry: FileEntry) => (entry.kind === "folder" ? 0 : 1);
  return items.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, undefined, { numeric: true }));
}
