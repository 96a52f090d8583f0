"""Makes what a web server sent readable. Runs in the sandbox, without a network: whatever is read here was written by strangers.

Standard input: a line of JSON {url, type, encoding, format, chars_max, bytes_max, body_max, ratio_max, notes} and the body as it came, packed or not.
Standard output: the title, the address, the text and, in brackets at the end, what was left out. Exit code 3: the output says why it cannot be read.
"""

# ---- other kinds

def json_text(body, ask):
    text = decoded(body, ask["type"])
    if len(text) > 8 * ask["chars_max"]:  # shown with white space it would only be longer
        return text
    try:
        shown = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        if len(shown) <= ask["chars_max"]:
            return shown
    except (ValueError, RecursionError):
        pass
    return text


def words_of(markup):
    """The words of a bit of HTML, as feeds hold it."""
    text = re.sub(r"<[^<>]{0,2000}>", " ", html.unescape(markup[:20_000]) if "<" not in markup else markup[:20_000])
    return " ".join(html.unescape(text).split())


def without_doctype(body):
    """No entity of a stranger's own: they grow, and name files."""
    begin = body[:4096].upper().find(b"<!DOCTYPE")
    if begin < 0:
        return body
    end, inner = body.find(b">", begin), body.find(b"[", begin)
    if 0 <= inner < end:
        end = body.find(b"]", inner)
        end = body.find(b">", end) if end >= 0 else -1
    return body[:begin] + body[end + 1:] if end >= 0 else body[:begin]


def feed_text(body, ask, notes):
    from lxml import etree
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, load_dtd=False, huge_tree=False)
    body = body[: MARKUP_BYTES]
    if (codec := encoding_of(body, ask["type"])[0]) != "utf-8":
        body = re.sub(r"^\s*<\?xml[^>]*\?>", "", decoded(body, ask["type"])).encode("utf-8", "replace")
    root = etree.fromstring(without_doctype(body), parser)
    if root is None:
        return "", decoded(body, ask["type"])

    def name(element):
        return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""

    def first(element, *names):
        for wanted in names:
            for child in element:
                if name(child) == wanted and (text := words_of("".join(child.itertext()))):
                    return text
        return ""

    def link(element):
        for child in element:
            if name(child) == "link" and child.get("rel", "alternate") == "alternate":
                if address := (child.get("href") or child.text or "").strip():
                    return urljoin(ask["url"], address)
        return ""

    channel = next((e for e in root if name(e) == "channel"), root)
    items = [e for e in root.iter() if name(e) in ("item", "entry")]
    out = [text for text in [first(channel, "description", "subtitle")] if text]
    for number, item in enumerate(items, 1):
        when = first(item, "pubdate", "published", "updated", "date")
        head = f"{number}. {first(item, 'title') or 'without a title'}" + (f" ({when})" if when else "")
        about = first(item, "description", "summary", "encoded", "content")
        out.append("\n".join(line for line in (head, "   " + link(item) if link(item) else "", "   " + about[:500] if about else "") if line))
    return first(channel, "title"), "\n\n".join(out)


def pdf_text(body, notes):
    with open("/tmp/page.pdf", "wb") as file:
        file.write(body)
    try:
        done = subprocess.run(["pdftotext", "-enc", "UTF-8", "-l", str(PDF_PAGES), "/tmp/page.pdf", "/tmp/page.txt"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PDF_SECONDS)
    except FileNotFoundError:
        raise Refused("it is a PDF, and the program that reads one is not installed; a person can install it: apt-get install poppler-utils")
    except subprocess.TimeoutExpired:
        raise Refused(f"it is a PDF that was not read within {PDF_SECONDS} s")
    try:
        with open("/tmp/page.txt", encoding="utf-8", errors="replace") as file:
            text = file.read(2_000_000)
    except OSError:
        text = ""
    if not text.strip():
        if done.returncode != 0:
            raise Refused("it is a PDF that is broken or locked")
        notes.append("the PDF holds pictures of text, or no text at all")
    title = ""
    try:
        about = subprocess.run(["pdfinfo", "-enc", "UTF-8", "/tmp/page.pdf"], capture_output=True, timeout=5).stdout.decode("utf-8", "replace")
        found = re.search(r"^Title:\s*(\S.*)$", about, re.M)
        title = found.group(1).strip() if found else ""
        pages = re.search(r"^Pages:\s*(\d+)$", about, re.M)
        if pages and int(pages.group(1)) > PDF_PAGES:
            notes.append(f"only the first {PDF_PAGES} of {pages.group(1)} pages were read")
    except (OSError, subprocess.TimeoutExpired):
        pass
    text = re.sub(r"\n{3,}", "\n\n", text.replace("\f", "\n\n"))
    return title, text.strip()


# ---- the whole

def told(ask, title, text, links, notes):
    head = (" ".join(clean(title).split())[:300] + "\n" if title.strip() else "") + ask["url"] + "\n\n"
    text = clean(text).strip("\n")
    text = re.sub(r"\n{3,}", "\n\n", text) if ask["format"] != "raw" else text
    room = ask["bytes_max"] - len(head.encode()) - 1_000
    chars = ask["chars_max"]
    shown = fitted(text, chars, room)
    tail = ""
    if links:
        if len(shown) > chars * 0.8 or len(shown.encode()) > room * 0.8:
            shown = fitted(text, int(chars * 0.8), int(room * 0.8))
        lines, left, more = [], min(chars - len(shown), room - len(shown.encode())), 0
        used = {int(number) for number in re.findall(r"\[(\d{1,4})\]", shown)}
        for number, address in enumerate(links, 1):
            if number not in used:
                continue
            line = f"[{number}] {address}"
            if len(line.encode()) + 1 > left or len(lines) >= LINKS_MOST:
                more += 1
                continue
            lines.append(line)
            left -= len(line.encode()) + 1
        tail = "\n\nLinks:\n" + "\n".join(lines) if lines else ""
        if more:
            tail += f"\n[{more} more links are not shown]"
    if not text.strip():
        notes.append("there is no text in it")
    if len(shown) < len(text):
        most = "" if chars >= ask["chars_most"] or room < len(shown.encode()) * 1.3 else f"; max_chars may be up to {ask['chars_most']}"
        notes.append(f"cut: {len(shown):,} of {len(text):,} characters are shown{most}")
    return head + shown + tail + "".join(f"\n\n[{clean(note)}]" for note in notes)


def answer(ask, body):
    notes = list(ask.get("notes", []))
    size = len(body)
    body = unpacked(body, ask["encoding"], ask, notes)
    if not body.strip():
        return told(ask, "", "", [], notes)
    kind = kind_of(body, ask["type"])
    binary = None if kind == "pdf" and ask["format"] != "raw" else binary_in_words(body, ask["type"])
    if binary:
        main = ask["type"].split(";")[0].strip()[:80]
        said = f"{binary}, {human_size(len(body))}" + (f", sent as {main}" if main else "")
        return told(ask, "", f"It is {said}. Only text can be read by this tool.", [], notes)
    if ask["format"] == "raw":
        return told(ask, "", decoded(body, ask["type"]), [], notes)
    title, text, links = "", "", []
    if kind == "pdf":
        title, text = pdf_text(body, notes)
    elif kind == "json":
        text = json_text(body, ask)
    elif kind == "feed":
        title, text = feed_text(body, ask, notes)
    elif kind == "html":
        title, text, links = html_text(body, ask, notes)
    else:
        text = decoded(body, ask["type"])
    return told(ask, title, text, links, notes)


def main():
    ask = json.loads(sys.stdin.buffer.readline())
    body = sys.stdin.buffer.read()
    code = 0
    try:
        text = answer(ask, body)
    except Refused as problem:
        text, code = str(problem), 3
    except ImportError:
        text, code = "the library that reads pages is not installed; a person can install it: apt-get install python3-lxml", 3
    except MemoryError:
        text, code = "it needs too much memory to be read", 3
    except Exception as problem:  # whatever a stranger's bytes can bring about
        text, code = f"it cannot be read ({type(problem).__name__})", 3
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    return code


if __name__ == "__main__":
    sys.exit(main())
