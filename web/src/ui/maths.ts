// Formulas, set by KaTeX: loaded when the first is shown. What it cannot read stays as it was written.
import "katex/dist/katex.min.css";
import katex from "katex";

const kFormulaMaxChars = 5000;

/** `place` holds the formula as text; `data-maths` says whether it stands in a line or by itself. */
export function typeset(place: HTMLElement): void {
  const display = place.dataset.maths === "block";
  const tex = place.title;
  if (tex.length > kFormulaMaxChars) return;
  const set = document.createElement("span");
  try {
    katex.render(tex, set, {
      displayMode: display,
      output: "html", // MathML comes with styles in it, which the page's policy refuses
      throwOnError: true,
      strict: "ignore",
      trust: false,
      maxSize: 20,
      maxExpand: 200,
    });
  } catch {
    return;
  }
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", tex);
  place.replaceChildren(set);
}
