"""Makes what a web server sent readable. Runs in the sandbox, without a network: whatever is read here was written by strangers.

Standard input: a line of JSON {url, type, encoding, format, chars_max, bytes_max, body_max, ratio_max, notes} and the body as it came, packed or not.
Standard output: the title, the address, the text and, in brackets at the end, what was left out. Exit code 3: the output says why it cannot be read.
"""

import codecs
import html
import json
import re
import subprocess
import sys
import unicodedata
import zlib
from urllib.parse import urljoin, urlsplit

UNPACKED_ANYWAY = 256 * 1024  # small bodies may be packed as well as they like
MARKUP_BYTES = 4 * 1024 * 1024
TAGS_MOST = 60_000
DEPTH_MOST = 100
LINKS_MOST = 60
LINK_BYTES = 300
CELLS_MOST = 20_000
PDF_PAGES = 100
PDF_SECONDS = 15


class Refused(Exception):
    pass


# ---- bytes to text

def unpacked(body, encoding, ask, notes):
    for coding in reversed([part.strip().lower() for part in encoding.split(",")]):
        if coding in ("", "identity", "none"):
            continue
        if coding not in ("gzip", "x-gzip", "deflate"):
            raise Refused(f"the answer is packed as '{coding[:40]}', which was not asked for and cannot be unpacked")
        most = min(ask["body_max"], max(ask["ratio_max"] * len(body), UNPACKED_ANYWAY))
        windows = [47] if "gzip" in coding else [15, -15]
        for window in windows:
            unpack = zlib.decompressobj(window)
            parts, size, rest = [], 0, body
            try:
                while rest and size < most and not unpack.eof:
                    part = unpack.decompress(rest, min(most - size, 1 << 20))
                    rest = unpack.unconsumed_tail
                    parts.append(part)
                    size += len(part)
                    if not part and not rest:
                        break
                failed = None
            except zlib.error as problem:
                failed = problem
            if parts or failed is None:
                break
        if not parts and failed is not None:
            raise Refused(f"the answer says that it is packed as '{coding}', and cannot be unpacked")
        if size >= most and not unpack.eof:
            notes.append(f"unpacked it is more than {human_size(most)}; the rest was left" if most == ask["body_max"] else
                         f"unpacked it is more than {ask['ratio_max']} times as large; only {human_size(most)} were unpacked")
        elif failed is not None or not unpack.eof:
            notes.append("the packed answer is broken or was cut; this is what could be unpacked")
        body = b"".join(parts)
    return body


def human_size(size):
    for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}".replace(".0 ", " ")
    return f"{size} B"


# As browsers read these labels (encoding.spec.whatwg.org).
LABELS = {"iso-8859-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030",
          "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "ms_kanji": "cp932", "euc-kr": "cp949",
          "ks_c_5601-1987": "cp949", "big5": "big5hkscs", "iso-8859-9": "cp1254", "tis-620": "cp874", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8"}
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def codec_of(label):
    label = label.strip().strip("\"'").lower()
    try:
        name = codecs.lookup(LABELS.get(label, label))
        return name.name if name._is_text_encoding else None
    except (LookupError, ValueError):
        return None


def encoding_of(body, kind):
    for mark, name in MARKS:
        if body.startswith(mark):
            return name, len(mark)
    told = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", kind, re.I)
    if told and (name := codec_of(told.group(1))):
        return name, 0
    head = body[:4096]
    if head[:40].count(0) > 10:  # every other byte of UTF-16 without a mark
        return ("utf-16-le" if head[1:2] == b"\0" else "utf-16-be"), 0
    told = re.search(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", head, re.I) or re.search(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]+)", head, re.I)
    if told and (name := codec_of(told.group(1).decode("ascii", "replace"))):
        return ("utf-8" if name.startswith("utf-16") else name), 0  # it has been read as ASCII so far
    try:
        codecs.getincrementaldecoder("utf-8")().decode(body)
        return "utf-8", 0
    except UnicodeDecodeError:
        return "cp1252", 0


def decoded(body, kind):
    name, mark = encoding_of(body, kind)
    return body[mark:].decode(name, "replace").replace("\r\n", "\n").replace("\r", "\n")


# ---- what it is

BINARY = ((b"\x89PNG", "a picture (PNG)"), (b"GIF8", "a picture (GIF)"), (b"\xff\xd8\xff", "a picture (JPEG)"), (b"\x1f\x8b", "an archive (gzip)"),
          (b"7z\xbc\xaf", "an archive (7z)"), (b"Rar!", "an archive (RAR)"), (b"BZh", "an archive (bzip2)"), (b"\xfd7zXZ", "an archive (xz)"),
          (b"(\xb5/\xfd", "an archive (zstd)"), (b"ID3", "sound (MP3)"), (b"OggS", "sound or film (Ogg)"), (b"fLaC", "sound (FLAC)"),
          (b"\x1aE\xdf\xa3", "a film (Matroska)"), (b"\x7fELF", "a program"), (b"MZ", "a program"), (b"wOFF", "a font"), (b"wOF2", "a font"),
          (b"SQLite format 3", "a database (SQLite)"))
WORDS = {"image": "a picture", "audio": "sound", "video": "a film", "font": "a font"}


def binary_in_words(body, kind):
    """What it is, when it is not text; else nothing."""
    main = kind.split(";")[0].strip().lower()
    utf16 = any(body.startswith(mark) for mark, _ in MARKS) or "utf-16" in kind.lower()
    if body.startswith(b"RIFF") and body[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        return {b"WEBP": "a picture (WebP)", b"WAVE": "sound (WAV)", b"AVI ": "a film (AVI)"}[body[8:12]]
    if body.startswith(b"PK\x03\x04"):
        for part, word in ((b"word/", "a document (Word)"), (b"xl/", "a spreadsheet (Excel)"), (b"ppt/", "slides (PowerPoint)"), (b"opendocument", "a document (OpenDocument)"), (b"epub", "a book (EPUB)")):
            if part in body[:4096]:
                return word
        return "an archive (zip)"
    if body[4:8] == b"ftyp":
        return "a picture (AVIF)" if body[8:12] in (b"avif", b"heic", b"mif1") else "a film (MP4)"
    for magic, word in BINARY:
        if body.startswith(magic) and (len(magic) > 2 or b"\0" in body[:512] or magic == b"\x1f\x8b"):
            return word
    if main.split("/")[0] in WORDS and main != "image/svg+xml":
        return WORDS[main.split("/")[0]]
    if not utf16 and body[:2048].count(0) > 0 and not (body[:40].count(0) > 10 and main.startswith("text/")):
        return "no text"
    return None


def kind_of(body, kind):
    main = kind.split(";")[0].strip().lower()
    begin = body[:1024].lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower()
    if begin.startswith(b"%pdf-"):
        return "pdf"
    if begin.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "html"
    if (begin.startswith(b"<?xml") or main.endswith("xml")) and re.search(rb"<(rss|feed|rdf:rdf)\b", begin) or begin.startswith((b"<rss", b"<feed")):
        return "feed"
    if begin[:1] in (b"{", b"[") and (main.endswith(("json", "html", "octet-stream", "javascript")) or main in ("", "text/plain")):
        return "json"
    if "html" in main or (not main and re.search(rb"<(p|div|table|h1|a)\b", begin)):
        return "html"
    return "text"


# ---- cutting

def fitted(text, chars, size):
    """As much of the beginning as fits, up to the end of a line or a word where one is near."""
    if len(text) <= chars and len(text.encode()) <= size:
        return text
    part = text[:chars].encode()[:size].decode(errors="ignore")
    for mark in ("\n", " "):
        at = part.rfind(mark)
        if at > len(part) * 0.85:
            return part[:at].rstrip()
    return part.rstrip()


def clean(text):
    """Without what acts instead of being seen."""
    text = "".join(" " if c == "\xa0" else c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs") or c in "\u200d\u200c")
    return text


# ---- HTML

GONE = {"script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "canvas", "button", "input", "select", "textarea", "datalist",
        "nav", "footer", "dialog", "audio", "video", "map", "head", "meta", "link", "frame", "math-annotation"}
BLOCKS = {"address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption", "figure", "form", "h1", "h2", "h3", "h4",
          "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "caption"}
GONE_ROLES = {"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "menu", "menubar", "toolbar"}
CONSENT = re.compile(r"cookie|consent|gdpr|onetrust|didomi|usercentrics", re.I)
ASIDE = re.compile(r"(^|[\s_-])(nav|navbar|navigation|menu|sidebar|side-bar|breadcrumbs?|share|sharing|social|related|recommended|promo|advert|advertisement|ads?|banner|newsletter|subscribe|"
                   r"popup|modal|pagination|pager|skip-link|skip|site-header|site-footer|masthead|footer|toolbar|comments-form|login|signup)($|[\s_-])", re.I)


def without_scripts(body):
    """Bytes in, bytes out, in one pass: scripts and styles are most of many pages."""
    low = body.lower()
    for name in (b"script", b"style"):
        parts, at = [], 0
        while (begin := low.find(b"<" + name, at)) >= 0:
            parts.append(body[at:begin])
            end = low.find(b"</" + name, begin)
            at = len(body) if end < 0 else end
            if end < 0:
                break
            at = low.find(b">", end) + 1 or len(body)
        parts.append(body[at:])
        body = b"".join(parts)
        low = body.lower()
    return body


def parsed(body, kind, notes):
    from lxml import html as lxml_html
    name, mark = encoding_of(body, kind)
    body = body[mark:]
    scripts = len(re.findall(rb"<script\b", body[: 1 << 20], re.I))
    if name.startswith(("utf-16", "utf-32")):
        body, name = body.decode(name, "replace").encode("utf-8", "replace"), "utf-8"
        scripts = len(re.findall(rb"<script\b", body[: 1 << 20], re.I))
    body = without_scripts(body)
    whole = len(body)
    if whole > MARKUP_BYTES:
        body = body[:MARKUP_BYTES]
    if body.count(b"<") > TAGS_MOST:
        for count, found in enumerate(re.finditer(rb"<", body)):
            if count == TAGS_MOST:
                body = body[: found.start()]
                break
    if len(body) < whole:
        notes.append(f"only the first {human_size(len(body))} of {human_size(whole)} of the page were read")
    body = body.decode(name, "replace").replace("\0", "").encode("utf-8", "replace")
    if not body.strip():
        return None, scripts
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
    try:
        root = lxml_html.document_fromstring(body, parser=parser)
    except Exception:  # "Document is empty" and the like
        return None, scripts
    flatten(root)
    return root, scripts


def flatten(root):
    """What is deeper than DEPTH_MOST becomes the words of what it is in: nobody builds a page so, and every walk stays short."""
    stack = [(root, 0)]
    while stack:
        element, depth = stack.pop()
        if depth < DEPTH_MOST:
            stack.extend((child, depth + 1) for child in element)
        elif len(element):
            words = " ".join(element.itertext())
            for child in list(element):
                element.remove(child)
            element.text = words


def tag_of(element):
    return element.tag if isinstance(element.tag, str) else ""


def drop(element):
    """With all that is in it; the text behind it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    element.tail = None
    parent.remove(element)


def measured(root):
    """The letters in each element, and those of them in links: one pass, the innermost first."""
    sizes = {}
    order = list(root.iter())
    for element in reversed(order):
        own = len((element.text or "").strip())
        linked = own if tag_of(element) == "a" else 0
        for child in element:
            text, link = sizes.get(child, (0, 0))
            own += text + len((child.tail or "").strip())
            linked += link
        if tag_of(element) == "a":
            linked = own
        sizes[element] = (own, linked)
    return sizes


def is_hidden(element):
    style = element.get("style") or ""
    return element.get("hidden") is not None or element.get("aria-hidden") == "true" or ("none" in style and re.search(r"display\s*:\s*none", style, re.I) is not None)


def without_noise(body):
    sizes = measured(body)
    total = max(1, sizes[body][0])
    for element in list(body.iter()):
        tag = tag_of(element)
        if element is body or element.getparent() is None or tag in ("main", "article", "html", "body", "h1"):
            continue
        size, linked = sizes.get(element, (0, 0))
        names = (element.get("class") or "") + " " + (element.get("id") or "")
        noise = tag in GONE or (is_hidden(element) and size < total * 0.8) or (element.get("role") or "").lower() in GONE_ROLES
        noise = noise or (tag == "header" and not any(tag_of(a) in ("article", "main", "section") for a in element.iterancestors()) and size < total * 0.3)
        noise = noise or (tag == "aside" and size < total * 0.5)
        if not noise and tag in BLOCKS and names != " ":
            noise = (CONSENT.search(names) is not None and size < total * 0.5 and tag not in ("tr", "td")) or (ASIDE.search(names) is not None and size < total * 0.25 and tag not in ("tr", "td", "li", "dt", "dd"))
        if noise:
            drop(element)


def main_part(body):
    sizes = measured(body)
    total = sizes[body][0]
    mains = [e for e in body.iter("main", "div", "section", "article") if tag_of(e) == "main" or e.get("role") == "main" or (e.get("itemprop") or "") == "articleBody"]
    mains = [e for e in mains if sizes[e][0] >= total * 0.25]
    if mains:
        return max(mains, key=lambda e: sizes[e][0])
    articles = [e for e in body.iter("article") if sizes[e][0] >= total * 0.5]
    if articles:
        return max(articles, key=lambda e: sizes[e][0])
    # Where the paragraphs are, when they are most of what is no link.
    scores = {}
    for paragraph in body.iter("p", "pre", "blockquote", "td", "h2", "h3", "li"):
        size, linked = sizes[paragraph]
        if size - linked < 25:
            continue
        parent = paragraph.getparent()
        for weight in (1.0, 0.5):
            if parent is None or parent is body:
                break
            scores[parent] = scores.get(parent, 0) + weight * (size - linked)
            parent = parent.getparent()
    plain = max(1, total - sizes[body][1])
    best = max(scores, key=scores.get, default=None)
    while best is not None and best is not body and sizes[best][0] - sizes[best][1] < plain * 0.7:
        best = best.getparent()
    return best if best is not None and tag_of(best) != "body" else body


class Writer:
    """Text with headings, lists, tables, code and links out of a tree."""

    def __init__(self, base, markdown):
        self.base, self.markdown = base, markdown
        self.links, self.numbers = [], {}
        self.cells = 0

    def address(self, href):
        href = (href or "").strip()
        if not href or href.startswith("#") or href.lower().startswith(("javascript:", "data:", "about:")):
            return None
        try:
            full = urljoin(self.base, href)
        except ValueError:
            return None
        return full.replace(" ", "%20") if len(full) <= LINK_BYTES else None

    def linked(self, text, href):
        address = self.address(href)
        words = text.strip()
        if not address or not words or words == address:
            return text
        if self.markdown:
            return f"[{words}]({address})"
        if address not in self.numbers:
            if len(self.links) >= 2_000:
                return text
            self.links.append(address)
            self.numbers[address] = len(self.links)
        return f"{words} [{self.numbers[address]}]"

    def inline(self, element):
        """The words of an element, white space folded, as one line but for <br>."""
        parts = [element.text or ""]
        for child in element:
            tag = tag_of(child)
            if tag in GONE:
                pass
            elif tag == "br":
                parts.append("\x01")
            elif tag == "img":
                if alt := (child.get("alt") or "").strip():
                    parts.append(f"[picture: {alt[:120]}]")
            else:
                inner = self.inline(child)
                if tag == "a":
                    before = inner[: len(inner) - len(inner.lstrip())]
                    after = inner[len(inner.rstrip()):]
                    inner = before + self.linked(re.sub(r"[\s\x01]+", " ", inner), child.get("href")) + after
                elif self.markdown and tag in ("b", "strong") and inner.strip():
                    inner = f"**{inner.strip()}**"
                elif self.markdown and tag in ("code", "kbd", "samp") and inner.strip():
                    inner = f"`{inner.strip()}`"
                elif tag in BLOCKS:
                    inner = f" {inner} "
                elif tag == "sup" and inner.strip().isdigit():
                    inner = f"^{inner.strip()}"
                parts.append(inner)
            parts.append(child.tail or "")
        return "".join(parts)

    def line(self, text):
        text = re.sub(r"[ \t\n\f\v]+", " ", text)
        return "\n".join(part.strip() for part in text.split("\x01")).strip("\n")

    def blocks(self, element):
        """The blocks of an element: a list of texts, between which an empty line belongs."""
        tag = tag_of(element)
        if tag == "pre":
            return self.code(element)
        if tag == "table":
            return self.table(element)
        if tag in ("ul", "ol"):
            return self.list(element)
        if tag == "dl":
            return self.definitions(element)
        if re.fullmatch(r"h[1-6]", tag):
            text = self.line(self.inline(element)).replace("\n", " ")
            return [f"{'#' * int(tag[1])} {text}"] if text else []
        if tag == "blockquote":
            inner = "\n\n".join(self.children(element))
            return ["\n".join("> " + line for line in inner.split("\n"))] if inner else []
        if tag == "hr":
            return []
        return self.children(element)

    def children(self, element):
        out, run = [], [element.text or ""]

        def flush():
            text = self.line("".join(run))
            run.clear()
            if text:
                out.append(text)

        for child in element:
            tag = tag_of(child)
            if tag in GONE:
                pass
            elif tag in BLOCKS or (tag not in ("a", "span", "b", "i", "em", "strong", "code", "br", "img") and any(tag_of(c) in BLOCKS for c in child)) or \
                    (tag in ("a", "span") and any(tag_of(c) in BLOCKS and tag_of(c) not in ("div", "p") or tag_of(c) in ("h1", "h2", "h3", "h4") for c in child)):
                flush()
                inner = self.blocks(child)
                if tag == "a" and len(inner) == 1 and "\n" not in inner[0]:
                    mark = re.match(r"#+ ", inner[0])
                    head = mark.group(0) if mark else ""
                    inner = [head + self.linked(inner[0][len(head):], child.get("href"))]
                out.extend(inner)
            else:
                run.append(self.inline(_Alone(child)))
            run.append(child.tail or "")
        flush()
        return out

    def code(self, element):
        text = "".join(element.itertext()).strip("\n").rstrip()
        if not text.strip():
            return []
        text = text.expandtabs(4)
        return [f"```\n{text}\n```"] if self.markdown else ["\n".join("    " + line for line in text.split("\n"))]

    def list(self, element):
        lines, number = [], 0
        try:
            number = int(element.get("start") or 1) - 1
        except ValueError:
            pass
        for item in element:
            if tag_of(item) in ("ul", "ol"):  # malformed, and common
                lines.extend("  " + line for block in self.list(item) for line in block.split("\n"))
                continue
            if tag_of(item) in GONE:
                continue
            inner = self.blocks(item) if tag_of(item) != "li" else self.children(item)
            if not inner:
                continue
            number += 1
            mark = f"{number}. " if element.tag == "ol" else "- "
            text = "\n".join(inner).split("\n")
            lines.append(mark + text[0])
            lines.extend((" " * len(mark) + line) if line else "" for line in text[1:])
        return ["\n".join(lines)] if lines else []

    def definitions(self, element):
        out = []
        for item in element.iter("dt", "dd"):
            inner = self.children(item)
            if not inner:
                continue
            if tag_of(item) == "dt":
                out.append(" ".join(inner))
            else:
                text = "\n".join("  " + line for block in inner for line in block.split("\n"))
                if out:
                    out[-1] += "\n" + text
                else:
                    out.append(text)
        return out

    def table(self, element):
        # A table within is one that lays out the page; so is one of single cells, or with much in a cell.
        rows = [row for row in element.iter("tr") if next(row.iterancestors("table")) is element]
        cells = [[cell for cell in row if tag_of(cell) in ("td", "th")] for row in rows]
        lays_out = any(True for _ in element.iterdescendants("table")) or all(len(row) <= 1 for row in cells)
        if lays_out or element.get("role") == "presentation":
            out = []
            for row in cells:
                blocks = [self.children(cell) for cell in row]
                if all(len(block) <= 1 and "\n" not in "".join(block) for block in blocks):
                    text = " ".join(block[0] for block in blocks if block)
                    if text:
                        out.append(text)
                else:
                    out.extend(part for block in blocks for part in block)
            return out
        lines = []
        caption = element.find("caption")
        if caption is not None and (text := self.line(self.inline(caption))):
            lines.append(text)
            if self.markdown:
                lines.append("")
        first = True
        for row in cells:
            if not row or self.cells > CELLS_MOST:
                continue
            self.cells += len(row)
            texts = [self.line(self.inline(cell)).replace("\n", " / ").replace("|", "\\|" if self.markdown else "|") for cell in row]
            if not any(texts):
                continue
            lines.append(("| " + " | ".join(texts) + " |") if self.markdown else " | ".join(texts))
            if first and self.markdown:
                lines.append("|" + " --- |" * len(texts))
            first = False
        return ["\n".join(lines)] if lines else []


class _Alone:
    """One child as if it were all that its parent has; its tail belongs to the parent's text."""

    def __init__(self, child):
        self.text, self.child = "", child

    def __iter__(self):
        yield _Untailed(self.child)


class _Untailed:
    def __init__(self, element):
        self.element, self.tail, self.tag, self.text = element, None, element.tag, element.text

    def __iter__(self):
        return iter(self.element)

    def get(self, name):
        return self.element.get(name)

    def itertext(self):
        return self.element.itertext(with_tail=False)


def meta(root, *names):
    for name in names:
        for found in root.iter("meta"):
            if name in ((found.get("name") or "").lower(), (found.get("property") or "").lower()) and (found.get("content") or "").strip():
                return " ".join(found.get("content").split())
    return ""


def title_of(root):
    for element in root.iter("title"):
        if any(tag_of(a) == "svg" for a in element.iterancestors()):
            continue
        if text := " ".join("".join(element.itertext()).split()):
            return text
    return meta(root, "og:title", "twitter:title")


def html_text(body, ask, notes):
    root, scripts = parsed(body, ask["type"], notes)
    if root is None:
        return "", "", []
    title = title_of(root)
    base = ask["url"]
    for element in root.iter("base"):
        if element.get("href"):
            base = urljoin(base, element.get("href").strip())
            break
    for element in root.iter("meta"):
        if (element.get("http-equiv") or "").lower() == "refresh" and (to := re.search(r"url\s*=\s*[\"']?([^\"'>]+)", element.get("content") or "", re.I)):
            notes.append(f"the page sends browsers on to {urljoin(base, to.group(1).strip())[:LINK_BYTES]}")
    unscripted = " ".join(" ".join("".join(e.itertext()).split()) for e in root.iter("noscript"))[:500]
    description = meta(root, "description", "og:description")
    page = root  # and not its body: what stands behind that in a broken page is meant, too
    if next(root.iter("frameset"), None) is not None:
        frames = [urljoin(base, f.get("src")) for f in root.iter("frame") if f.get("src")]
        return title, "The page is made of frames:\n" + "\n".join(f"- {f}" for f in frames[:20]), []
    without_noise(page)
    writer = Writer(base, ask["format"] == "markdown")
    part = main_part(page)
    blocks = writer.blocks(part)
    # A heading that stands above the main part belongs to it.
    if part is not page and not any(block.startswith("# ") for block in blocks):
        for heading in page.iter("h1"):
            blocks = writer.blocks(heading) + blocks
            break
    if blocks and title and blocks[0].lstrip("# ").strip().lower() == title.strip().lower():
        blocks = blocks[1:]
    text = "\n\n".join(blocks)
    letters = len(re.sub(r"\s", "", text))
    if scripts > 0 and (letters < 40 or (letters < 250 and "script" in unscripted.lower())):
        said = [f"It says of itself: {description}"] if description else []
        said += [f"Without scripts it says: {unscripted}"] if unscripted else []
        notice = "This page is made by scripts, which are not run here: there is little or no text in it."
        text = "\n\n".join([notice, *said, *([text] if text else [])])
    return title, text, writer.links


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
