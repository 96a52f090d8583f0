import { describe, expect, it } from "vitest";
import { SseParser } from "./sse";

const kStream = ': hello\n\nid: 4\nevent: text\ndata: {"number":4}\n\nid: 9\nevent: text\ndata: one\ndata: two\n\n';
const kFrames = [
  { id: "4", event: "text", data: '{"number":4}' },
  { id: "9", event: "text", data: "one\ntwo" },
];

describe("SseParser", () => {
  for (const [name, text] of [
    ["LF", kStream],
    ["CRLF", kStream.replaceAll("\n", "\r\n")],
    ["CR", `${kStream.replaceAll("\n", "\r")}:`],
  ] as const) {
    for (const size of [1, 7, 4096]) {
      it(`reads ${name} lines in pieces of ${size}`, () => {
        const parser = new SseParser();
        const frames = [];
        for (let at = 0; at < text.length; at += size) frames.push(...parser.push(text.slice(at, at + size)));
        expect(frames).toEqual(kFrames);
      });
    }
  }

  it("gives nothing for a frame that was cut", () => {
    expect(new SseParser().push('id: 4\nevent: text\ndata: {"num')).toEqual([]);
  });
});
