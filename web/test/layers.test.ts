// The floors of the page: ui and api stand on libraries only, parts stand on ui and api, and so do the files at the
// top. Only the list of parts knows a part by its name.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";

const kSource = join(import.meta.dirname, "../src");
const kLinesMax = 300;

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|tsx|css)$/.test(name) && !name.endsWith(".gen.ts"))
    .map((name) => join(folder, name));
}

/** The floor a file belongs to: "ui", "api", "parts/chat", "list" for parts.tsx, "app" for what else is at the top. */
function floor(path: string): string {
  const parts = relative(kSource, path).split("/");
  if (parts.length === 1) return /^parts(\.tsx)?$/.test(parts[0] ?? "") ? "list" : "app";
  return parts[0] === "parts" ? `parts/${parts[1]}` : (parts[0] ?? "");
}

function allowed(from: string, to: string): boolean {
  if (from === to || from === "list") return true;
  if (from === "app") return !to.startsWith("parts/");
  return from.startsWith("parts/") && (to === "ui" || to === "api");
}

it("every part is in the list, by a line for its folder", () => {
  const list = readFileSync(join(kSource, "parts.tsx"), "utf8");
  for (const folder of readdirSync(join(kSource, "parts"))) expect(list).toContain(`"./parts/${folder}/part"`);
});

it("every import goes down", () => {
  const wrong = files(kSource).flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/(?:from\s+|import\s+|import\()"(\.[^"]+)"/g)]
      .map((match) => join(dirname(path), match[1] ?? ""))
      .filter((target) => !allowed(floor(path), floor(target)))
      .map((target) => `${relative(kSource, path)} imports ${relative(kSource, target)}`),
  );
  expect(wrong).toEqual([]);
});

it("no file outgrows a screenful of screens", () => {
  const long = files(kSource).filter((path) => readFileSync(path, "utf8").split("\n").length > kLinesMax + 1);
  expect(long.map((path) => relative(kSource, path))).toEqual([]);
});
