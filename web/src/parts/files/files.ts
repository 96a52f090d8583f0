// The workspace, folder by folder.
import { signal } from "@preact/signals";
import { type ApiError, as_error, type Client, with_query } from "../../api/client";
import type { FileEntry, Folder } from "../../api/types";
import { download } from "../../ui/download";
import { bytes } from "../../ui/format";

const kFileMaxBytes = 64 * 1024 * 1024;

export class Files {
  readonly folder = signal<Folder | null>(null);
  readonly error = signal<ApiError | null>(null);
  readonly loading = signal(false);
  /** What is being uploaded, or was and what became of it. */
  readonly progress = signal("");
  /** What a person is asked about: whether to remove it. */
  readonly removing = signal<FileEntry | null>(null);
  private readonly client: Client;
  private path = "";

  constructor(client: Client) {
    this.client = client;
  }

  async show(path: string): Promise<void> {
    this.path = path;
    this.loading.value = true;
    this.error.value = null;
    try {
      const folder = await this.client.get<Folder>(with_query("/api/files", { path: path || undefined }));
      if (this.path === path) this.folder.value = { ...folder, path };
    } catch (cause) {
      if (this.path === path) this.error.value = as_error(cause);
    }
    this.loading.value = false;
  }

  async refresh(): Promise<void> {
    await this.show(this.path);
  }

  async save(entry: FileEntry): Promise<void> {
    try {
      download(await this.client.file_address(entry.path));
    } catch (cause) {
      this.error.value = as_error(cause);
    }
  }

  async remove(entry: FileEntry): Promise<void> {
    await this.client.remove(with_query("/api/files/content", { path: entry.path }));
    this.progress.value = `${entry.name} removed.`;
    await this.refresh();
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
    const path = this.path ? `${this.path}/${file.name}` : file.name;
    try {
      await this.client.put(with_query("/api/files/content", { path }), { raw: file });
      return null;
    } catch (cause) {
      return `${file.name}: ${as_error(cause).message}`;
    }
  }
}

/** Folders first, then by name as people count: a2 before a10. */
export function in_order(items: FileEntry[]): FileEntry[] {
  const rank = (entry: FileEntry) => (entry.kind === "folder" ? 0 : 1);
  return items.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, undefined, { numeric: true }));
}
