// Pictures of the workspace that a tool call names: in what it was asked to do, or in what it printed.
import type { Client } from "../../api/client";
import { with_query } from "../../api/client";
import type { ToolCall } from "../../api/types";

const kTypes: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
};
const kPath = /[\p{L}\p{N}_./-]+\.(?:png|jpe?g|gif|webp|svg)(?![\p{L}\p{N}_/-]|\.[\p{L}\p{N}])/giu;
const kShownMax = 4;
const kPictureMaxBytes = 8 * 1024 * 1024;

/** At most four paths. Whether there is a picture at each shows when it is read. */
export function pictures_of(call: ToolCall): string[] {
  if (call.state !== "ok") return [];
  const words = [...strings_in(call.arguments), call.output.slice(0, 64 * 1024)];
  const paths = words.flatMap((text) => text.match(kPath) ?? []);
  return [...new Set(paths.map((path) => path.replace(/^\.\//, "")))].slice(0, kShownMax);
}

/** Contents of files are not looked into: only what names things. */
function strings_in(values: ToolCall["arguments"]): string[] {
  if (typeof values === "string") return [values];
  return [values.path, values.command].filter((value) => typeof value === "string");
}

/**
 * The file as a picture; null when it is none, or too large. An <img> runs nothing and loads nothing, in SVG either.
 * Reading goes on only while it is small enough.
 */
export async function read_picture(client: Client, path: string, signal: AbortSignal): Promise<Blob | null> {
  const type = kTypes[path.split(".").at(-1)?.toLowerCase() ?? ""];
  const response = await client.request("GET", with_query("/api/files/content", { path }), { signal });
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
