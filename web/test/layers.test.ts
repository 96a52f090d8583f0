// The floors of the page: ui and api stand on libraries only, parts stand on ui and api, and only app.tsx and the
// files beside it join them.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";

const kSource = join(import.meta.dirname, "../src");
const kLinesMax = 300;

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|tsx|css)$/.test(name))
    .map((name) => join(folder, name));
}

/** The floor a file belongs to: "ui", "api", "parts/chat", or "app" for what stands at the top. */
function floor(path: string): string {
  const parts = relative(kSource, path).split("/");
  if (parts.length === 1) return "app";
  return parts[0] === "parts" ? `parts/${parts[1]}` : (parts[0] ?? "");
}

function allowed(from: string, to: string): boolean {
  if (from === to || from === "app") return true;
  return from.startsWith("parts/") && (to === "ui" || to === "api");
}

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
