// Reading once more what may have changed: once for many changes told at the same time, never twice at once.

const kPauseMs = 250;

export class Again {
  private timer = 0;
  private reading = false;
  private wanted = false;
  private readonly read: () => Promise<unknown>;

  constructor(read: () => Promise<unknown>) {
    this.read = read;
  }

  soon(): void {
    this.wanted = true;
    if (this.timer !== 0 || this.reading) return;
    this.timer = setTimeout(() => void this.go(), kPauseMs) as unknown as number;
  }

  private async go(): Promise<void> {
    this.timer = 0;
    this.wanted = false;
    this.reading = true;
    await this.read().catch(() => {});
    this.reading = false;
    if (this.wanted) this.soon();
  }
}
