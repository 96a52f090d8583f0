// From the link printed in the terminal to a browser that may talk to this computer.
import { signal } from "@preact/signals";
import { type ApiError, as_error, type Client } from "../../api/client";

export class Setup {
  /** What stands in the way of a session. */
  readonly error = signal<ApiError | null>(null);
  readonly working = signal(false);
  private readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  /**
   * Trades the secret of a setup link for a session. The secret leaves the address bar first, so that it stays in no
   * history. A link that is used up does no harm where a session is already there.
   */
  async connect(): Promise<void> {
    const secret = location.hash.slice(1);
    if (location.pathname !== "/setup" || !secret) return;
    history.replaceState(null, "", "/setup");
    this.error.value = null;
    this.working.value = true;
    try {
      const { session } = await this.client.post<{ session: string }>("/api/setup", { secret });
      this.client.keep_session(session);
    } catch (cause) {
      if (this.client.session.value === null) this.error.value = as_error(cause);
    } finally {
      this.working.value = false;
    }
  }

  async finish(): Promise<void> {
    await this.client.post("/api/computer/setup-done");
  }
}
