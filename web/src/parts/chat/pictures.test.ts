import { expect, it } from "vitest";
import type { ToolCall } from "../../api/types";
import { pictures_of, places_of } from "./pictures";

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

it("looks for a picture of an answer where the calls worked and wrote, and else where it says", () => {
  const ran = call({ command: "mkdir -p plots && cd plots/2025 && cd .. && python3 plot.py" });
  expect(places_of("chart.png", [ran])).toEqual(["plots/chart.png", "chart.png"]);
  const wrote = call({ command: "python3 plot.py --out out/chart.png" }, "written: out/chart.png");
  expect(places_of("./chart.png", [ran, wrote])).toEqual(["out/chart.png", "plots/chart.png", "chart.png"]);
  expect(places_of("chart.svg", [call({ path: "made/chart.svg", content: "<svg/>" })])).toEqual([
    "made/chart.svg",
    "chart.svg",
  ]);
  expect(places_of("/home/ann/zo/chart.png", [ran])).toEqual(["/home/ann/zo/chart.png"]);
  expect(places_of("chart.png", [])).toEqual(["chart.png"]);
  const everywhere = Array.from({ length: 9 }, (_, index) => call({ command: `cd folder${index} && draw` }));
  expect(places_of("chart.png", everywhere).at(0)).toBe("folder8/chart.png");
  expect(places_of("chart.png", everywhere).at(5)).toBe("chart.png");
  expect(places_of("a b.png", [call({ command: "cd 'my plots' && draw 'a b.png'" })])).toEqual([
    "my plots/a b.png",
    "a b.png",
  ]);
});
