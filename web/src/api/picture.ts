// Pictures of the workspace.
import { type Client, with_query } from "./client";

const kPictureMaxBytes = 8 * 1024 * 1024;
const kTypes: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
};

/**
 * The file as a picture; null when it is none, or too large. An <img> runs nothing and loads nothing, in SVG either.
 * Reading goes on only while it is small enough.
 */
export async function read_picture(client: Client, path: string, signal?: AbortSignal): Promise<Blob | null> {
  const type = kTypes[path.split(".").at(-1)?.toLowerCase() ?? ""];
  const response = await client.request("GET", with_query("/api/files/content", { path }), signal ? { signal } : {});
  const reader = response.body?.getReader();
  if (!type || !reader) return null;
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(pieces, { type });
    size += value.byteLength;
    if (size > kPictureMaxBytes) {
      await reader.cancel();
      return null;
    }
    pieces.push(value);
  }
}
