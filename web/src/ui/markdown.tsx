// Markdown as it is being written: only blocks that changed are drawn again, so a selection, a scrolled block of code
// or an opened link survives the next word.
import { createContext, render } from "preact";
import { memo } from "preact/compat";
import { useContext, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { CodeBlock } from "./code";
import { download } from "./download";
import { blocks_of, first_word, html_of } from "./sanitise";

/** Gives the short-lived address of a file of the workspace, for pictures and downloads. */
export type FileAddress = (path: string) => Promise<string>;

export const FileAddresses = createContext<FileAddress>(() => Promise.reject(new Error("no files here")));

interface Props {
  text: string;
  growing?: boolean;
}

export function Markdown({ text, growing }: Props) {
  const blocks = useMemo(() => blocks_of(text), [text]);
  return (
    <div class="markdown">
      {blocks.map((block, index) => {
        const last = growing === true && index === blocks.length - 1;
        if (block.type === "space" || block.type === "def") return null;
        if (block.type !== "code") return <Html key={index} raw={block.raw} html={html_of(block)} />;
        return <CodeBlock key={index} text={block.text} language={first_word(block.lang)} growing={last} />;
      })}
    </div>
  );
}

const Html = memo(
  function Html({ html }: { raw: string; html: string }) {
    const place = useRef<HTMLDivElement>(null);
    const address = useContext(FileAddresses);
    useLayoutEffect(() => dress(place.current, address), [html, address]);
    // sanitise.ts made it safe.
    return <div ref={place} dangerouslySetInnerHTML={{ __html: html }} />;
  },
  (before, after) => before.html === after.html,
);

/** Gives nested code its head, tables their scrolling, and files their addresses. */
function dress(place: HTMLElement | null, address: FileAddress): void {
  for (const pre of place?.querySelectorAll<HTMLElement>("pre[data-language]") ?? []) {
    const box = document.createElement("div");
    const text = pre.textContent ?? "";
    pre.replaceWith(box);
    render(<CodeBlock text={text} language={pre.dataset.language ?? ""} />, box);
  }
  for (const table of place?.querySelectorAll("table") ?? []) {
    const box = document.createElement("div");
    box.className = "table-scroll";
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Table");
    table.replaceWith(box);
    box.append(table);
  }
  for (const link of place?.querySelectorAll<HTMLAnchorElement>("a[data-file], a[data-picture]") ?? []) {
    const path = link.dataset.file ?? link.dataset.picture ?? "";
    link.tabIndex = 0;
    link.setAttribute("role", "link");
    link.title = `Download ${path}`;
    const open = () =>
      void address(path).then(
        (url) => download(url),
        () => link.classList.add("missing"),
      );
    link.addEventListener("click", open);
    link.addEventListener("keydown", (event) => event.key === "Enter" && open());
    if (link.dataset.picture !== undefined) void show_picture(link, path, address);
  }
}

async function show_picture(link: HTMLAnchorElement, path: string, address: FileAddress): Promise<void> {
  try {
    const picture = document.createElement("img");
    picture.alt = link.textContent ?? path;
    picture.src = await address(path);
    await picture.decode();
    link.replaceChildren(picture);
  } catch {
    // Not a picture, or no longer there: the link with its words stays.
  }
}
