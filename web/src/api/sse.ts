// Server-sent events from text in pieces of any size (HTML standard, section 9.2.6).

export interface SseFrame {
  id: string;
  event: string;
  data: string;
}

export class SseParser {
  private rest = "";
  private id = "";
  private event = "";
  private data: string[] = [];

  /** Takes the next piece and gives back the frames it completed. Comments and unknown fields are dropped. */
  push(piece: string): SseFrame[] {
    const frames: SseFrame[] = [];
    this.rest += piece;
    // A lone CR at the very end may be half of a CRLF: it waits for the next piece.
    const lines = this.rest.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") this.finish(frames);
      else this.field(line);
    }
    return frames;
  }

  private field(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (name === "id") this.id = value;
    else if (name === "event") this.event = value;
    else if (name === "data") this.data.push(value);
  }

  private finish(frames: SseFrame[]): void {
    if (this.data.length > 0) frames.push({ id: this.id, event: this.event || "message", data: this.data.join("\n") });
    this.event = "";
    this.data = [];
  }
}
