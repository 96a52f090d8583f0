// Where formulas stand in Markdown: $…$ and \\(…\\) in a line, $$…$$ and \\[…\\] by themselves. A price is no formula.
import type { MarkedExtension, Tokens } from "marked";

const kBlock = /^ {0,3}(?:\$\$([\s\S]{1,5000}?)\$\$|\\\[([\s\S]{1,5000}?)\\\])[ \t]*(?:\n|$)/;
const kBlockStart = /\n {0,3}(?:\$\$|\\\[)/;
// As Pandoc has it: no space inside the dollars, no digit behind them. A number with words behind it is money.
const kLine =
  /^(?:\$\$([^$\n]+?)\$\$|\$(?![\s$])((?:\\[^\n]|[^$\\\n])*?(?:\\[^\n]|[^\s$\\]))\$(?![\d$])|\\\(([^\n]{1,5000}?)\\\)|\\\[([^\n]{1,5000}?)\\\])/;
const kMoney = /^[\d.,]+(?:\s|$|[\u2013\u2014-])(?!\s*[=<>+*/^\\_-])/;
const kLineStart = /(?<![\\\p{L}\p{N}$])\$|\\[([]/u;

interface Formula extends Tokens.Generic {
  tex: string;
  alone: boolean;
}

function formula(type: string, match: RegExpExecArray | null, alone: boolean): Formula | undefined {
  const tex = match?.slice(1).find((each) => each !== undefined);
  if (!match || !tex?.trim()) return undefined;
  return { type, raw: match[0], tex: tex.trim(), alone };
}

/** `html` makes a formula's text safe to stand in a document, as words and as an attribute. */
export function formulas(html: (text: string) => string): MarkedExtension {
  return {
    extensions: [
      {
        name: "formula_block",
        level: "block",
        start: (text) => kBlockStart.exec(text)?.index,
        tokenizer: (text) => formula("formula_block", kBlock.exec(text), true),
        renderer: (token) => {
          const { tex, raw } = token as Formula;
          return `<div data-maths="block" title="${html(tex)}">${html(raw.trim())}</div>`;
        },
      },
      {
        name: "formula",
        level: "inline",
        start: (text) => kLineStart.exec(text)?.index,
        tokenizer: (text) => {
          const match = kLine.exec(text);
          if (match?.[2] !== undefined && kMoney.test(match[2])) return undefined;
          return formula("formula", match, match?.[1] !== undefined || match?.[4] !== undefined);
        },
        renderer: (token) => {
          const { tex, raw, alone } = token as Formula;
          return `<span data-maths="${alone ? "block" : "line"}" title="${html(tex)}">${html(raw)}</span>`;
        },
      },
    ],
  };
}
