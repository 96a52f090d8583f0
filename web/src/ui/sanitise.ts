// Markdown from a model is text by a stranger: nothing in it may run, load anything from elsewhere, or look like a
// part of the page.
import DOMPurify from "dompurify";
import { Marked, type Token, type TokensList } from "marked";
import { formulas } from "./formulas";

const kTags = [
  ..."a b blockquote br code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i kbd li ol p pre s small span strong sub".split(
    " ",
  ),
  ..."sup table tbody td th thead tr ul".split(" "),
];
const kAttributes = [..."href title start align data-file data-picture data-language data-maths".split(" ")];
const kPlainTag = /^<\/?(br|kbd|sub|sup|b|i|em|strong|small|hr)\s*\/?>$/i;

const marked = new Marked({
  gfm: true,
  breaks: false,
  renderer: {
    image({ href, text }) {
      return link(href, escaped(text || href), is_ours(href) ? "data-picture" : "data-file");
    },
    link({ href, tokens }) {
      return link(href, this.parser.parseInline(tokens), "data-file");
    },
    code({ text, lang }) {
      return `<pre data-language="${escaped(first_word(lang))}"><code>${escaped(text)}</code></pre>`;
    },
    checkbox({ checked }) {
      return checked ? "☑ " : "☐ ";
    },
    // "<Foo>" in a sentence is meant to be read; only a few tags without attributes are meant as tags.
    html({ text }) {
      return kPlainTag.test(text.trim()) ? text : escaped(text);
    },
  },
});

marked.use(formulas(escaped));

const purifier = DOMPurify();
purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  if (!node.hasAttribute("href")) return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow");
});

/** The blocks of a text, in order. Text may still be growing: its last block is then not complete. */
export function blocks_of(text: string): TokensList {
  return marked.lexer(text);
}

/** One block as HTML that is safe to show. */
export function html_of(block: Token): string {
  return purifier.sanitize(marked.parser([block]), {
    ALLOWED_TAGS: kTags,
    ALLOWED_ATTR: kAttributes,
    ALLOW_DATA_ATTR: false,
    // Only href is an address; what the others say need not look like one.
    ADD_URI_SAFE_ATTR: kAttributes.filter((name) => name !== "href"),
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  });
}

export function first_word(text: string | undefined): string {
  return (
    text
      ?.trim()
      .split(/[\s,{]/)[0]
      ?.toLowerCase() ?? ""
  );
}

/** A file of the workspace rather than an address somewhere else. */
function is_ours(href: string): boolean {
  return !/^[a-z][a-z0-9+.-]*:|^\/\/|^#/i.test(href);
}

function link(href: string, inner: string, ours: "data-file" | "data-picture"): string {
  if (href.startsWith("#")) return inner;
  return is_ours(href)
    ? `<a ${ours}="${escaped(decode(href))}">${inner}</a>`
    : `<a href="${escaped(href)}">${inner}</a>`;
}

function decode(href: string): string {
  try {
    return decodeURI(href);
  } catch {
    return href;
  }
}

function escaped(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
