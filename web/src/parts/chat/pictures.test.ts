import { expect, it } from "vitest";
import type { ToolCall } from "../../api/types";
import { pictures_of } from "./pictures";

const call = (values: ToolCall["arguments"], output = "", state: ToolCall["state"] = "ok") =>
  ({ name: "shell", arguments: values, output, state }) as ToolCall;

it("finds the pictures that a call names, each once", () => {
  expect(pictures_of(call({ command: "python3 plot.py sales.csv --out ./out/chart.svg" }))).toEqual(["out/chart.svg"]);
  expect(pictures_of(call({ command: "ls" }, "a.png\nb.JPG\na.png\nnotes.txt\n"))).toEqual(["a.png", "b.JPG"]);
  expect(pictures_of(call({ path: "logo.svg", content: "see other.png" }))).toEqual(["logo.svg"]);
});

it("finds none where there is none, and at most four", () => {
  expect(pictures_of(call({ command: "cat a.png.txt b.pngx" }))).toEqual([]);
  expect(pictures_of(call({ command: "rm a.png" }, "", "failed"))).toEqual([]);
  expect(pictures_of(call({ command: "ls" }, "1.png 2.png 3.png 4.png 5.png"))).toHaveLength(4);
});
