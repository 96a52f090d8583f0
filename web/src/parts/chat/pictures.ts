// Pictures of the workspace that a tool call names: in what it was asked to do, or in what it printed.
import type { ToolCall } from "../../api/types";

const kFolder = /(?:^|[;&|(\n])\s*cd\s+(["']?)([^"'\n;&|()$]+?)\1\s*(?=[;&|)\n]|$)/g;
const kPath = /[\p{L}\p{N}_./-]+\.(?:png|jpe?g|gif|webp|svg)(?![\p{L}\p{N}_/-]|\.[\p{L}\p{N}])/giu;
const kShownMax = 4;
const kPlacesMax = 6;

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
 * Where a picture may be that an answer shows by `path`: where the calls before it said that they worked or wrote, the
 * newest first; else where the path itself says. All in the workspace, at most six.
 */
export function places_of(path: string, calls: ToolCall[]): string[] {
  const wanted = path.replace(/^(\.\/)+/, "");
  if (wanted.startsWith("/")) return [wanted];
  const named = calls.toReversed().flatMap((call) => {
    const paths = [...strings_in(call.arguments), ...pictures_of(call)];
    // A whole command is no path; a picture whose name has a space is found by its folder.
    return paths.filter((each) => each.endsWith(`/${wanted}`) && !/\s/.test(each));
  });
  const worked = calls.toReversed().flatMap(folders_of);
  const told = new Set([...named, ...worked.map((folder) => `${folder}/${wanted}`)]);
  told.delete(wanted);
  return [...[...told].slice(0, kPlacesMax - 1), wanted];
}

/** Those that a command went into, one inside the other, and that of a file that was written. */
function folders_of(call: ToolCall): string[] {
  if (typeof call.arguments === "string") return [];
  const { command, path } = call.arguments;
  if (typeof path === "string" && path.includes("/")) return [path.slice(0, path.lastIndexOf("/"))];
  if (typeof command !== "string") return [];
  let folder = "";
  for (const [, , into = ""] of command.matchAll(kFolder)) folder = into.startsWith("/") ? into : joined(folder, into);
  return folder ? [folder] : [];
}

function joined(folder: string, into: string): string {
  const steps: string[] = folder ? folder.split("/") : [];
  for (const step of into.trim().split("/")) {
    if (step === "..") steps.pop();
    else if (step !== "." && step !== "") steps.push(step);
  }
  return steps.join("/");
}
