"""Answers one SELECT over the files of the current folder: QUERY on standard input, where to save as the only argument (may be empty).

A CSV, TSV, JSON or JSONL file is a table by its name without ending; a text file is a table with one column, line; `files` has every
file. Runs in the sandbox: what it reads is not trusted, and what it may use is bounded there as well as here.
"""

import csv
import datetime
import io
import json
import os
import re
import sqlite3
import sys

FILES_MOST = 20_000
BYTES_MOST = 64 << 20  # of a file that is read as a table
ROWS_SHOWN = 40
TABLES_NAMED = 12
DATA = (".csv", ".tsv", ".json", ".jsonl", ".ndjson")
TEXT = (".txt", ".log", ".md")
NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,12})?")
FILES = "files(path, name, folder, ending, size, changed, lines, words)"


QUOTES = "\"'`[]"
NAMED = re.compile(r"""(?:\bFROM\b|\bJOIN\b|,)\s*("[^"\n]+"|'[^'\n]+'|`[^`\n]+`|\[[^\]\n]+\]|[\w./-]+)""", re.I)


class Refused(Exception):
    pass


UNREADABLE = (ValueError, OSError, csv.Error, OverflowError, RecursionError, sqlite3.Error, Refused)


def walk():
    """Paths relative to the folder, those nearest to it first; what is hidden is passed over."""
    found = []
    for folder, folders, names in os.walk("."):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        found += [os.path.relpath(os.path.join(folder, n)) for n in sorted(names) if not n.startswith(".")]
        if len(found) > FILES_MOST:
            break
    return sorted((p for p in found[:FILES_MOST] if os.path.isfile(p)), key=lambda p: (p.count("/"), p))


def text_of(path):
    if os.path.getsize(path) > BYTES_MOST:
        raise Refused(f"{path} has {os.path.getsize(path):,} bytes, limit {BYTES_MOST:,}")
    with open(path, "rb") as file:
        data = file.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def records_of(path):
    """The columns and rows of a data file."""
    text = text_of(path)
    if path.lower().endswith((".csv", ".tsv")):
        first = text.split("\n", 1)[0]
        separator = max(",;\t|", key=first.count)
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row]
        return (rows[0], rows[1:]) if rows else ([], [])
    if path.lower().endswith(".json"):
        data = json.loads(text)
        if isinstance(data, dict):  # {"items": [...]}, or one record
            lists = [value for value in data.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
            data = lists[0] if lists else [data]
    else:
        data = [json.loads(line) for line in text.splitlines() if line.strip()]
    if not isinstance(data, list):
        raise Refused(f"{path} is no list of records")
    data = [item if isinstance(item, dict) else {"value": item} for item in data]
    columns = list(dict.fromkeys(key for item in data for key in item))
    return columns, [[item.get(key) for key in columns] for item in data]


class Tables:
    def __init__(self):
        self.db = sqlite3.connect(":memory:")
        self.files = walk()
        self.written = {}  # a number that was written otherwise than Python would: 30.5 → "30.50"
        self.paths = {}    # what a table may be called, in lower case → path: by path, by name, by name without ending; the nearest first
        self.stems = {}    # those by name without ending, as they are told
        self.read = {}     # those that were read: name → path
        self.columns = {}
        self.db.create_function("REGEXP", 2, lambda pattern, text: text is not None and re.search(pattern, str(text)) is not None, deterministic=True)
        for path in [*(p for p in self.files if p.lower().endswith(DATA)), *(p for p in self.files if p.lower().endswith(TEXT))]:
            stem = os.path.splitext(os.path.basename(path))[0]
            self.stems.setdefault(stem.lower(), path)
            for name in (path, os.path.basename(path), stem):
                self.paths.setdefault(name.lower(), path)

    def value(self, cell):
        if isinstance(cell, bool):
            return int(cell)
        if not isinstance(cell, str):
            return cell if cell is None or isinstance(cell, (int, float)) else json.dumps(cell, ensure_ascii=False)
        cell = cell.strip()
        if not NUMBER.fullmatch(cell):
            return cell
        number = float(cell) if "." in cell else int(cell)
        if isinstance(number, float) and str(number) != cell:
            self.written[number] = cell if self.written.get(number, cell) == cell else str(number)
        return number

    def shown(self, cell):
        """A number of a file as it was written there; one that was computed without what binary fractions leave."""
        if not isinstance(cell, float):
            return cell
        if cell in self.written:
            return self.written[cell]
        plain = float(f"{cell:.12g}")
        return int(plain) if plain.is_integer() and abs(plain) < 1e15 else plain

    def add(self, name, columns, rows):
        seen = {}
        for place, column in enumerate(columns):
            column = str(column).strip() or f"column{place + 1}"
            while column.lower() in seen:
                column += "_2"
            seen[column.lower()] = column
        if not seen:
            raise Refused(f"{name} is empty")
        quoted = ", ".join('"' + column.replace('"', '""') + '"' for column in seen.values())
        table = '"' + name.replace('"', '""') + '"'
        self.db.execute(f"CREATE TABLE {table} ({quoted})")
        width = len(seen)
        marks = ", ".join("?" * width)
        self.db.executemany(f"INSERT INTO {table} VALUES ({marks})", ([self.value(c) for c in (list(row) + [None] * width)[:width]] for row in rows))
        self.columns[name] = list(seen.values())

    def add_files(self, counts):
        rows = []
        for path in self.files:
            status = os.stat(path)
            lines = words = None
            if counts and status.st_size <= BYTES_MOST:
                with open(path, "rb") as file:
                    data = file.read()
                if b"\0" not in data[:4096]:
                    lines, words = len(data.splitlines()), len(data.split())
            changed = datetime.datetime.fromtimestamp(status.st_mtime).strftime("%Y-%m-%d %H:%M:%S")
            folder = os.path.dirname(path)
            rows.append([path, os.path.basename(path), folder, os.path.splitext(path)[1].lower().lstrip("."), status.st_size, changed, lines, words])
        self.db.execute(f"CREATE TABLE {FILES}")
        self.db.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self.columns["files"] = FILES[6:-1].split(", ")

    def load(self, query):
        """Those that the query names behind FROM, JOIN or a comma."""
        for name in {match[1].strip(QUOTES).lower() for match in NAMED.finditer(query)}:
            path = self.paths.get(name)
            if name == "files" and path is None:
                self.add_files(bool({"lines", "words"} & set(re.findall(r"\w+", query.lower()))))
            elif path is not None and path.lower().endswith(DATA):
                self.add(name, *records_of(path))
            elif path is not None:
                self.add(name, ["line"], ([line] for line in text_of(path).splitlines()))
            if path is not None:
                self.read[name] = path

    def known(self):
        told = []
        for name, path in list(self.stems.items())[:TABLES_NAMED]:
            try:
                columns = self.columns.get(name) or (["line"] if path.lower().endswith(TEXT) else records_of(path)[0])
                told.append(f"{name}({', '.join(map(str, columns))})")
            except UNREADABLE:
                told.append(f"{name}, which cannot be read as a table")
        more = len(self.stems) - len(told)
        return "; ".join([*told, *([f"and {more} more"] if more > 0 else []), FILES])


def with_quotes(query, paths):
    """`FROM sales.csv`, `JOIN data/sales.csv`: a name with dots and strokes is one for SQLite only in quotes."""

    def quoted(match):
        name = match[1].strip(QUOTES)
        return match[0] if name.lower() not in paths else match[0][: match.start(1) - match.start()] + '"' + name + '"'

    return NAMED.sub(quoted, query)


def allow(action, *_):
    reads = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
    return sqlite3.SQLITE_OK if action in reads else sqlite3.SQLITE_DENY


def table_text(columns, rows, ending):
    out = io.StringIO()
    if ending in (".jsonl", ".ndjson"):
        out.writelines(json.dumps(dict(zip(columns, row)), ensure_ascii=False) + "\n" for row in rows)
    elif ending == ".json":
        json.dump([dict(zip(columns, row)) for row in rows], out, ensure_ascii=False, indent=1)
        out.write("\n")
    elif ending == ".md":
        for row in [columns, ["---"] * len(columns), *rows]:
            out.write("| " + " | ".join("" if cell is None else str(cell).replace("|", "\\|") for cell in row) + " |\n")
    elif ending == ".txt" and len(columns) == 1:
        out.writelines(f"{'' if row[0] is None else row[0]}\n" for row in rows)
    else:
        csv.writer(out, lineterminator="\n", delimiter="\t" if ending == ".tsv" else ",").writerows([columns, *rows])
    return out.getvalue()


def answer(query, save_as):
    tables = Tables()
    query = with_quotes(query.strip().rstrip(";"), tables.paths)
    try:
        tables.load(query)
    except UNREADABLE as problem:
        raise Refused(f"a file could not be read as a table: {problem}") from None
    tables.db.set_authorizer(allow)
    try:
        cursor = tables.db.execute(query)
        found = cursor.fetchall()
    except (sqlite3.Error, sqlite3.Warning, OverflowError) as problem:
        if "not authorized" in str(problem) or "one statement" in str(problem):
            raise Refused("only one SELECT is answered; a result can be saved as a new file") from None
        raise Refused(f"{problem}\nthe tables are: {tables.known()}") from None
    if cursor.description is None:
        raise Refused("only one SELECT is answered; a result can be saved as a new file")
    columns = [column[0] for column in cursor.description]
    rows = [[tables.shown(cell) for cell in row] for row in found]
    shown = table_text(columns, rows[:ROWS_SHOWN], ".csv")
    more = f"[… {len(rows):,} rows in all]\n" if len(rows) > ROWS_SHOWN else ""
    shown += more if rows else "[no rows]\n"
    if not save_as:
        return shown
    if any(os.path.exists(save_as) and os.path.samefile(save_as, path) for path in tables.read.values()):
        return shown + f"[not saved: {save_as} is one of the tables that were asked]\n"
    if os.path.dirname(save_as):
        os.makedirs(os.path.dirname(save_as), exist_ok=True)
    text = table_text(columns, rows, os.path.splitext(save_as)[1].lower())
    with open(save_as, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    begin = "".join(text.splitlines(keepends=True)[:4])
    return f"[wrote {save_as}, {len(rows):,} rows; it begins:]\n{begin}"


def main():
    try:
        print(answer(sys.stdin.read(), sys.argv[1] if len(sys.argv) > 1 else ""), end="")
    except (Refused, OSError) as problem:
        print(problem)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
