// A file, as it can be looked at. It is untrusted: text is drawn by the page, pictures as <img>, which runs no script, and a
// PDF stands in the browser's own viewer, which is not of this origin.
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { FileEntry } from "../../api/types";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy";
import { delimiter_of, rows_in } from "../../ui/delimited";
import { bytes, when, when_exactly } from "../../ui/format";
import { FileLinks, Markdown, Places } from "../../ui/markdown";
import { Note } from "../../ui/note";
import { Table } from "../../ui/table";
import type { Files, Shown } from "./files";
import { type Decoded, folder_of, kColumnsMax, kTextMaxBytes, language_of, look_of, path_from } from "./kinds";
import { Source } from "./source_view";

type ShownFile = Extract<Shown, { kind: "file" }>;

export function FileView({ shown, files }: { shown: ShownFile; files: Files }) {
  const { entry, address, decoded } = shown;
  const as_text = useSignal(false);
  const look = look_of(entry.name);
  const has_two = (look === "markdown" || look === "table" || look === "drawing") && decoded != null;
  return (
    <article class="viewer" aria-label={entry.name}>
      <div class="viewer-head">
        <Facts entry={entry} decoded={decoded ?? null} />
        {has_two && (
          <fieldset class="viewer-looks">
            <legend class="unseen">How it is shown</legend>
            <Button small aria-pressed={!as_text.value} onClick={() => (as_text.value = false)}>
              {look === "markdown" ? "Formatted" : look === "table" ? "Table" : "Picture"}
            </Button>
            <Button small aria-pressed={as_text.value} onClick={() => (as_text.value = true)}>
              Text
            </Button>
          </fieldset>
        )}
        {decoded && <CopyButton text={() => decoded.text} label="Copy text" />}
      </div>
      {decoded && entry.size_bytes > kTextMaxBytes && (
        <Note>
          Only the first {bytes(kTextMaxBytes)} of {bytes(entry.size_bytes)} are shown. Download it to see all.
        </Note>
      )}
      {entry.kind === "other" ? (
        <p class="faint files-none">This is no file: a pipe, a socket, or a link that leads out of the workspace.</p>
      ) : look === "pdf" && address ? (
        <Pdf entry={entry} address={address} files={files} />
      ) : (look === "picture" || (look === "drawing" && !as_text.value)) && address ? (
        <Picture entry={entry} address={address} files={files} />
      ) : decoded ? (
        <Text entry={entry} decoded={decoded} as_text={as_text.value} />
      ) : (
        <Nothing files={files} entry={entry} words="This is no text, and no picture that a browser shows." />
      )}
    </article>
  );
}

function Facts({ entry, decoded }: { entry: FileEntry; decoded: Decoded | null }) {
  return (
    <p class="faint viewer-facts">
      {bytes(entry.size_bytes)} · changed{" "}
      <time dateTime={entry.modified_at} title={when_exactly(entry.modified_at)}>
        {when(entry.modified_at)}
      </time>
      {decoded?.encoding && ` · read as ${decoded.encoding}`}
    </p>
  );
}

function Text({ entry, decoded, as_text }: { entry: FileEntry; decoded: Decoded; as_text: boolean }) {
  const look = look_of(entry.name);
  if (decoded.text === "") return <p class="faint files-none">The file is empty.</p>;
  if (look === "markdown" && !as_text) return <Document entry={entry} text={decoded.text} />;
  if (look === "table" && !as_text) return <Rows entry={entry} text={decoded.text} />;
  return <Source text={decoded.text} name={entry.name} language={language_of(entry.name)} />;
}

/** Markdown, by the renderer of answers; its links and pictures are those of its folder. */
function Document({ entry, text }: { entry: FileEntry; text: string }) {
  const from_here = useMemo(() => (link: string) => path_from(folder_of(entry.path), link), [entry.path]);
  const only_here = useMemo(() => (link: string) => [from_here(link)], [from_here]);
  return (
    <FileLinks.Provider value={from_here}>
      <Places.Provider value={only_here}>
        <Markdown text={text} />
      </Places.Provider>
    </FileLinks.Provider>
  );
}

function Rows({ entry, text }: { entry: FileEntry; text: string }) {
  const cut = entry.size_bytes > kTextMaxBytes;
  const rows = useMemo(() => {
    const delimiter = entry.name.toLowerCase().endsWith(".tsv") ? "\t" : delimiter_of(text);
    return rows_in(text, delimiter, cut);
  }, [text, cut]);
  if (!rows) {
    return (
      <>
        <Note>This cannot be read as a table: a quotation mark is never closed.</Note>
        <Source text={text} name={entry.name} language="" />
      </>
    );
  }
  const columns = Math.max(...rows.map((row) => row.length));
  const width = Math.min(columns, kColumnsMax);
  const even = rows.map((row) => Array.from({ length: width }, (_, index) => row[index] ?? ""));
  return (
    <div class="viewer-table">
      {columns > width && (
        <Note>
          Only the first {width} of {columns} columns are shown.
        </Note>
      )}
      <Table rows={even} />
    </div>
  );
}

function Picture({ entry, address, files }: { entry: FileEntry; address: string; files: Files }) {
  const broken = useSignal(false);
  if (broken.value) return <Nothing files={files} entry={entry} words="The browser cannot show this picture." />;
  return (
    <div class="viewer-picture">
      <img src={address} alt={entry.name} onError={() => (broken.value = true)} />
    </div>
  );
}

/** The server sends it in a sandbox; a sandbox of the frame's own is one in which Chromium shows no PDF. */
function Pdf({ entry, address, files }: { entry: FileEntry; address: string; files: Files }) {
  if (!navigator.pdfViewerEnabled) {
    return <Nothing files={files} entry={entry} words="This browser has no viewer for PDF of its own." />;
  }
  return (
    <>
      <iframe class="viewer-pdf" src={address} title={entry.name} />
      <p class="faint">Nothing to see? Not every browser shows a PDF inside a page: download it.</p>
    </>
  );
}

function Nothing({ files, entry, words }: { files: Files; entry: FileEntry; words: string }) {
  return (
    <div class="files-none">
      <p class="faint">{words}</p>
      <Button icon="download" onClick={() => files.save(entry)}>
        Download {bytes(entry.size_bytes)}
      </Button>
    </div>
  );
}
