import { expect, it } from "vitest";
import { address_of, decode, folder_of, joined, language_of, line_numbers, look_of, name_of, path_from } from "./kinds";

const bytes = (text: string) => new TextEncoder().encode(text);

it("tells how a file is shown by its name", () => {
  const looks = [
    "a.MD",
    "b.csv",
    "c.tsv",
    "d.JPG",
    "e.webp",
    "f.svg",
    "g.pdf",
    "h.html",
    "Makefile",
    ".env",
    "tar.gz",
  ].map(look_of);
  expect(looks.join()).toBe("markdown,table,table,picture,picture,drawing,pdf,text,text,text,text");
  expect(["a.py", ".bashrc", "b.HTM", "Makefile"].map(language_of)).toEqual(["py", "bash", "xml", ""]);
});

it("reads text of several encodings, and takes nothing else for text", () => {
  expect(decode(bytes("grün\n"), false)).toEqual({ text: "grün\n" });
  expect(decode(bytes(""), false)).toEqual({ text: "" });
  expect(decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]), false)).toEqual({ text: "a" });
  expect(decode(new Uint8Array([0xff, 0xfe, 0x61, 0, 0xfc, 0]), false)).toEqual({ text: "aü", encoding: "UTF-16LE" });
  expect(decode(new Uint8Array([0x67, 0x72, 0xfc, 0x6e]), false)).toEqual({ text: "grün", encoding: "Windows-1252" });
  expect(decode(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0]), false)).toBeNull();
  expect(decode(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a]), false)).toBeNull();
});

it("takes no letter that was cut in two for another encoding", () => {
  const cut = bytes("grün").slice(0, 3);
  expect(decode(cut, true)).toEqual({ text: "gr" });
  expect(decode(cut, false)?.encoding).toBe("Windows-1252");
});

it("numbers the lines that there are", () => {
  expect(line_numbers("")).toBe("1");
  expect(line_numbers("a")).toBe("1");
  expect(line_numbers("a\n")).toBe("1");
  expect(line_numbers("a\n\nb")).toBe("1\n2\n3");
});

it("follows links from where a file stands, never above the top", () => {
  expect(path_from("docs", "pic.png")).toBe("docs/pic.png");
  expect(path_from("docs/a", "../pic.png#x")).toBe("docs/pic.png");
  expect(path_from("docs", "/pic.png?raw=1")).toBe("pic.png");
  expect(path_from("", "../../pic.png")).toBe("pic.png");
});

it("takes paths apart and makes addresses of them", () => {
  expect([folder_of("a/b/c"), folder_of("c"), name_of("a/b/c"), joined("", "c"), joined("a", "c")]).toEqual([
    "a/b",
    "",
    "c",
    "c",
    "a/c",
  ]);
  expect(address_of("")).toBe("/files");
  const address = address_of("a b/ü&c#d?.txt");
  expect(new URL(address, "http://localhost").searchParams.get("path")).toBe("a b/ü&c#d?.txt");
});
