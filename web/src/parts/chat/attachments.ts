// Files that go with the next message: uploaded at once, sent by path.
import { computed, signal } from "@preact/signals";
import { ApiError, as_error, type Client, new_key, with_query } from "../../api/client";
import { bytes } from "../../ui/format";

const kFileMaxBytes = 64 * 1024 * 1024;

export interface Attachment {
  key: string;
  name: string;
  size_bytes: number;
  /** Its place in the workspace, once it is there. */
  path: string | null;
  error: ApiError | null;
}

export class Attachments {
  readonly items = signal<Attachment[]>([]);
  readonly uploading = computed(() => this.items.value.some((item) => item.path === null && item.error === null));
  private readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  add(files: Iterable<File>): void {
    for (const file of files) void this.upload(file);
  }

  remove(key: string): void {
    this.items.value = this.items.value.filter((item) => item.key !== key);
  }

  clear(): void {
    this.items.value = [];
  }

  paths(): string[] {
    return this.items.value.flatMap((item) => (item.path === null ? [] : [item.path]));
  }

  private async upload(file: File): Promise<void> {
    const key = new_key();
    const name = file.name || "pasted";
    this.items.value = [...this.items.value, { key, name, size_bytes: file.size, path: null, error: null }];
    try {
      if (file.size > kFileMaxBytes) throw too_large(name, file.size);
      const path = with_query("/api/files/content", { path: name });
      const stored = await this.client.put<{ path: string }>(path, { raw: file });
      this.update(key, { path: stored.path });
    } catch (cause) {
      this.update(key, { error: as_error(cause) });
    }
  }

  private update(key: string, change: Partial<Attachment>): void {
    this.items.value = this.items.value.map((item) => (item.key === key ? { ...item, ...change } : item));
  }
}

function too_large(name: string, size: number): ApiError {
  const message = `${name} is ${bytes(size)}, the limit is 64 MiB.`;
  return new ApiError({ code: "exhausted", message, try: "Copy it into the workspace folder instead." }, 0);
}
