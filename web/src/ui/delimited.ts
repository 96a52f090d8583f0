// Text that is a table: CSV (RFC 4180) or its kin with tabs or semicolons.

const kDelimiters = ["\t", ",", ";"];
const kRowsMin = 3;
const kColumnsMax = 40;
const kReadMaxChars = 256 * 1024;

/** The rows, the first of them the head; null when the text is not a table: lines of unequal length, too few, or none. */
export function rows_of(text: string): string[][] | null {
  if (text.length > kReadMaxChars) return null;
  for (const delimiter of kDelimiters) {
    const rows = split(text.replace(/(?:\r?\n)+$/, ""), delimiter);
    const columns = rows?.[0]?.length ?? 0;
    if (!rows || rows.length < kRowsMin || columns < 2 || columns > kColumnsMax) continue;
    if (rows.every((row) => row.length === columns) && rows[0]?.every(is_name)) return rows;
  }
  return null;
}

/** A head is short words: sentences that happen to hold commas are not a table. */
function is_name(cell: string): boolean {
  return cell.trim() !== "" && cell.length <= 60 && !/[.!?:{}()[\]<>=]/.test(cell);
}

/**
 * The rows of a text that is said to be a table, whatever their lengths; null when it cannot be read as one. Where the text was
 * cut, its last row is left out.
 */
export function rows_in(text: string, delimiter: string, cut: boolean): string[][] | null {
  const rows = split(text.replace(/(?:\r?\n)+$/, ""), delimiter, cut);
  const whole = cut ? rows?.slice(0, -1) : rows;
  return whole?.some((row) => row.length > 1 || row[0]) ? whole : null;
}

/** What parts the cells of a text: of tab, comma and semicolon the one that its first line has most of. */
export function delimiter_of(text: string): string {
  const line = text.slice(0, Math.max(text.indexOf("\n"), 0) || text.length).replaceAll(/"[^"]*"/g, "");
  const counts = kDelimiters.map((delimiter) => ({ delimiter, count: line.split(delimiter).length }));
  return counts.reduce((most, one) => (one.count > most.count ? one : most)).delimiter;
}

/** null when it breaks the rules of quotes; a text that was cut may end within them. */
function split(text: string, delimiter: string, cut = false): string[][] | null {
  const rows: string[][] = [[]];
  let at = 0;
  while (at <= text.length) {
    const quoted = text[at] === '"';
    const cell = quoted ? read_quoted(text, at) : read_plain(text, at, delimiter);
    if (!cell) return cut ? rows : null;
    rows.at(-1)?.push(cell.text);
    at = cell.end;
    if (at >= text.length) return rows;
    const next = /^\r?\n/.exec(text.slice(at, at + 2))?.[0];
    if (next) rows.push([]);
    else if (text[at] !== delimiter) return null;
    at += next?.length ?? 1;
  }
  return rows;
}

function read_plain(text: string, from: number, delimiter: string): { text: string; end: number } {
  let end = from;
  while (end < text.length && text[end] !== delimiter && text[end] !== "\n") end += 1;
  const before_return = text[end] === "\n" && text[end - 1] === "\r" && end > from ? end - 1 : end;
  return { text: text.slice(from, before_return), end: before_return };
}

/** A doubled quote stands for one; null when the closing quote is missing. */
function read_quoted(text: string, from: number): { text: string; end: number } | null {
  let end = text.indexOf('"', from + 1);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  return end < 0 ? null : { text: text.slice(from + 1, end).replaceAll('""', '"'), end: end + 1 };
}
