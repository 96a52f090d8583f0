"""HTML: what of a page is its text, and how that is written down. The second part of readable.py."""

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
    without_strays(root)
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


# A page need not write <head> and <body>, and this parser takes the elements of HTML 5 for a part of the head.
OF_HEAD = {"title", "meta", "link", "base", "script", "style", "noscript", "template"}


def without_strays(root):
    head = root.find("head")
    strays = [] if head is None else [element for element in head if tag_of(element) not in OF_HEAD]
    if not strays:
        return
    body = root.find("body")
    if body is None:
        body = root.makeelement("body")
        root.append(body)
    for place, element in enumerate(strays):
        body.insert(place, element)


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
            break
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
