// What the page makes of a file: by its name, and by its first bytes.

/** How it can be shown. Text: also of every name that says nothing. */
export type FileLook = "text" | "markdown" | "table" | "picture" | "drawing" | "pdf";

/** Of a file that is shown as text, as much as a person may want to scroll through. */
export const kTextMaxBytes = 256 * 1024;
export const kColumnsMax = 100;

const kLooks: Record<string, FileLook> = {
  md: "markdown",
  markdown: "markdown",
  csv: "table",
  tsv: "table",
  png: "picture",
  jpg: "picture",
  jpeg: "picture",
  gif: "picture",
  webp: "picture",
  svg: "drawing",
  pdf: "pdf",
};

/** Names of highlight.js, of endings that it does not know itself. */
const kLanguages: Record<string, string> = { bashrc: "bash", envrc: "bash", htm: "xml" };

export function look_of(name: string): FileLook {
  return kLooks[ending_of(name)] ?? "text";
}

/** Of its code, as highlight.js names it or one of its aliases; "" when nothing follows from the name. */
export function language_of(name: string): string {
  const ending = ending_of(name);
  return kLanguages[ending] ?? ending;
}

/** "report.PDF" → "pdf"; what has no point, or only one at its beginning, has what follows it. */
function ending_of(name: string): string {
  const point = name.lastIndexOf(".");
  return point < 0 ? "" : name.slice(point + 1).toLowerCase();
}

export interface Decoded {
  text: string;
  /** What it was written in, where that is not UTF-8. */
  encoding?: string;
}

/** The text in the first bytes of a file; null when it is no text. `cut`: the file goes on. */
export function decode(bytes: Uint8Array, cut: boolean): Decoded | null {
  const [first, second] = bytes;
  const is_utf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (is_utf16) {
    const encoding = first === 0xff ? "utf-16le" : "utf-16be";
    return { text: new TextDecoder(encoding).decode(bytes, { stream: cut }), encoding: encoding.toUpperCase() };
  }
  if (bytes.includes(0)) return null;
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: cut }) };
  } catch {
    // Not UTF-8: an old text of one byte a letter, unless it holds what no text does.
  }
  const controls = bytes.filter((byte) => byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d, 0x1b].includes(byte)).length;
  if (controls > 0) return null;
  return { text: new TextDecoder("windows-1252").decode(bytes), encoding: "Windows-1252" };
}

/** "1\n2\n3" for the lines of a text. A line end at its end begins no further line. */
export function line_numbers(text: string): string {
  const ends = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  return Array.from({ length: Math.max(ends, 1) }, (_, index) => index + 1).join("\n");
}

/** Where a link in a file of `folder` leads, as a path of the workspace; "/a" is at its top. */
export function path_from(folder: string, link: string): string {
  const path = link.replace(/[?#].*$/, "");
  const parts = path.startsWith("/") ? [] : folder.split("/").filter(Boolean);
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

export function folder_of(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

export function name_of(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function joined(folder: string, name: string): string {
  return folder ? `${folder}/${name}` : name;
}

/** Of the page, for a file or folder of the workspace; "" is the workspace itself. */
export function address_of(path: string): string {
  return path ? `/files?path=${encodeURIComponent(path)}` : "/files";
}

export const kDeletedAddress = "/files?deleted";
