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

/** Gives a file of the workspace as a picture; null when it is none. */
export type FilePicture = (path: string) => Promise<Blob | null>;
export const FilePictures = createContext<FilePicture>(async () => null);

/** Where a file may be that a text names, the likeliest first. */
export type FilePlaces = (path: string) => string[];
export const Places = createContext<FilePlaces>((path) => [path]);

/** The path in the workspace that a link of a text means. */
export const FileLinks = createContext<(link: string) => string>((link) => link);

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
        if (block.type !== "code") return <Html key={index} html={html_of(block)} growing={growing === true} />;
        return <CodeBlock key={index} text={block.text} language={first_word(block.lang)} growing={last} />;
      })}
    </div>
  );
}

const Html = memo(
  function Html({ html, growing }: { html: string; growing: boolean }) {
    const place = useRef<HTMLDivElement>(null);
    const address = useContext(FileAddresses);
    const links = useContext(FileLinks);
    const picture = useContext(FilePictures);
    const places = useContext(Places);
    useLayoutEffect(() => dress(place.current, address, links), [html, address, links]);
    useLayoutEffect(() => {
      // What is being written names pictures before it is known where they are.
      if (!growing) return show_pictures(place.current, picture, places);
    }, [html, growing, picture, places]);
    useLayoutEffect(() => show_maths(place.current), [html]);
    // sanitise.ts made it safe.
    return <div ref={place} dangerouslySetInnerHTML={{ __html: html }} />;
  },
  (before, after) => before.html === after.html && before.growing === after.growing,
);

/** Gives nested code its head, tables their scrolling, and files their addresses. */
function dress(place: HTMLElement | null, address: FileAddress, links: (link: string) => string): void {
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
    const path = links(link.dataset.file ?? link.dataset.picture ?? "");
    link.tabIndex = 0;
    link.setAttribute("role", "link");
    link.title = `Download ${path}`;
    const open = () =>
      void address(link.dataset.place ?? path).then(
        (url) => download(url),
        () => link.classList.add("missing"),
      );
    link.addEventListener("click", open);
    link.addEventListener("keydown", (event) => event.key === "Enter" && open());
  }
}

/** Puts pictures where they are named; they go with the returned function. */
function show_pictures(place: HTMLElement | null, picture: FilePicture, places: FilePlaces): () => void {
  const urls: string[] = [];
  let gone = false;
  for (const link of place?.querySelectorAll<HTMLAnchorElement>("a[data-picture]") ?? []) {
    void first_picture(places(link.dataset.picture ?? ""), picture).then(async (found) => {
      if (!found || gone) return;
      link.dataset.place = found.path;
      const { blob } = found;
      const shown = document.createElement("img");
      shown.alt = link.textContent ?? "";
      shown.src = URL.createObjectURL(blob);
      urls.push(shown.src);
      await shown.decode().then(
        () => link.replaceChildren(shown),
        () => {}, // Not a picture after all: the link with its words stays.
      );
    });
  }
  return () => {
    gone = true;
    for (const url of urls) URL.revokeObjectURL(url);
  };
}

async function first_picture(places: string[], picture: FilePicture): Promise<{ path: string; blob: Blob } | null> {
  for (const path of places) {
    const blob = await picture(path).catch(() => null);
    if (blob) return { path, blob };
  }
  return null;
}

/** Sets formulas, with what is loaded for the first of them. */
function show_maths(place: HTMLElement | null): void {
  const formulas = place?.querySelectorAll<HTMLElement>("[data-maths]");
  if (!formulas || formulas.length === 0) return;
  void import("./maths").then(
    ({ typeset }) => {
      for (const formula of formulas) typeset(formula);
    },
    () => {}, // It could not be loaded: formulas stand as they were written.
  );
}
