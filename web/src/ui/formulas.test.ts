import { Marked } from "marked";
import { expect, it } from "vitest";
import { formulas } from "./formulas";

const marked = new Marked(formulas((text) => text.replaceAll("<", "&lt;")));

/** The formulas of a text, those that stand alone in brackets. */
function found(text: string): string[] {
  const html = marked.parse(text) as string;
  return [...html.matchAll(/data-maths="(block|line)" title="([^"]*)"/g)].map(([, how, tex]) =>
    how === "block" ? `[${tex}]` : (tex ?? ""),
  );
}

it("finds formulas in lines and by themselves", () => {
  expect(found("So $a + b$ and \\(c^2\\), $x$.")).toEqual(["a + b", "c^2", "x"]);
  expect(found("First\n\n$$\n\\int x\n$$\n\nthen\n\\[\na\n\\]\nend")).toEqual(["[\\int x]", "[a]"]);
  expect(found("$$a$$")).toEqual(["[a]"]);
  expect(found("- in a list: $\\frac{1}{2}$\n- $5 = x + 2$")).toEqual(["\\frac{1}{2}", "5 = x + 2"]);
  expect(found("| $a_1$ | $b_2$ |\n|---|---|\n| $c$ | d |")).toEqual(["a_1", "b_2", "c"]);
  expect(found("*not cut* by $a*b*c$ or $a_b_c$")).toEqual(["a*b*c", "a_b_c"]);
});

it("leaves prices, code and shell variables as they are", () => {
  expect(found("It costs $5 and $6.")).toEqual([]);
  expect(found("From $5-$10, or $5–$10; $1,000 and US$5 to US$6.")).toEqual([]);
  expect(found("$5 to 6$ and $20 in cash$")).toEqual([]);
  expect(found("`$a$` and\n\n```sh\necho $HOME $PATH\n```\n")).toEqual([]);
  expect(found("Set $HOME or $PATH, \\$a\\$ too.")).toEqual([]);
  expect(found("Half a formula: $a + b")).toEqual([]);
});
