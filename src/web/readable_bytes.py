"""From bytes to text, and what they are. The first part of readable.py: the three are one program."""

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
