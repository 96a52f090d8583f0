// The whole page, in build order: the client, then the parts, which know nothing of each other.
import { effect, signal, untracked } from "@preact/signals";
import { Client } from "./api/client";
import type { ComputerInfo } from "./api/types";
import { Chat } from "./parts/chat/chat";
import { Files } from "./parts/files/files";
import { Models } from "./parts/models/models";
import { Settings, type Theme } from "./parts/settings/settings";
import { Setup } from "./parts/setup/setup";
import { Router } from "./router";
import { choose_files } from "./ui/choose";
import type { Action } from "./ui/palette";

const kModelPollMs = 1500;
const kListPollMs = 5000;

export class App {
  readonly router = new Router();
  readonly client = new Client();
  readonly setup = new Setup(this.client);
  readonly models = new Models(this.client);
  readonly settings = new Settings(this.client);
  readonly files = new Files(this.client);
  readonly chat = new Chat(this.client, (path) => this.router.go(path));
  readonly computer = signal<ComputerInfo | null>(null);
  readonly palette_open = signal(false);

  async start(): Promise<void> {
    await this.setup.connect();
    // With a session: read what the page stands on. Again after the server was gone, or another tab connected.
    effect(() => {
      if (this.client.session.value && this.client.reachable.value) untracked(() => void this.load());
    });
    effect(() => {
      const route = this.router.route.value;
      if (this.client.session.value) untracked(() => this.show(route));
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.client.session.value) void this.load();
    });
    setInterval(() => this.look_again(), kListPollMs);
    document.addEventListener("keydown", (event) => this.key(event));
  }

  /** The Start button of the first visit. */
  async finish_setup(model: string | null): Promise<void> {
    if (model && model !== this.models.list.value?.current) await this.models.choose(model);
    await this.setup.finish();
    this.router.replace("/");
    await this.load();
  }

  actions(): Action[] {
    const go = (path: string) => () => this.router.go(path);
    const theme = (theme: Theme) => () => {
      this.settings.theme.value = theme;
    };
    return [
      ...this.chat.actions().filter((action) => action.group !== "Conversation"),
      { title: "Chat", icon: "chat", group: "Go to", act: go(this.chat_path()) },
      { title: "Files", icon: "files", group: "Go to", act: go("/files") },
      { title: "Settings", icon: "settings", group: "Go to", act: go("/settings") },
      { title: "Search conversations", icon: "search", group: "Chat", keys: "/", act: () => this.search() },
      ...(this.models.list.value?.items ?? []).map((model): Action => {
        const act = () => void this.chat.choose_model(model.name);
        return { title: `Answer here with ${model.label}`, icon: "tool", group: "Model", act };
      }),
      ...this.computer_actions(),
      { title: "Colours as the system", icon: "theme", group: "View", act: theme("system") },
      { title: "Light colours", icon: "theme", group: "View", act: theme("light") },
      { title: "Dark colours", icon: "theme", group: "View", act: theme("dark") },
      ...this.chat.actions().filter((action) => action.group === "Conversation"),
    ];
  }

  /** Each leads to where its outcome shows. */
  private computer_actions(): Action[] {
    const attach = () =>
      choose_files((files) => {
        if (this.router.route.value.part !== "chat") this.router.go(this.chat_path());
        this.chat.attachments.add(files);
      });
    const upload = () =>
      choose_files((files) => {
        if (this.router.route.value.part !== "files") this.router.go("/files");
        void this.files.upload(files);
      });
    const new_token = () => {
      this.settings.making_token.value = true;
      this.router.go("/settings");
    };
    return [
      { title: "Attach files…", icon: "clip", group: "Chat", act: attach },
      { title: "Upload files…", icon: "upload", group: "Files", act: upload },
      { title: "New token…", icon: "key", group: "Settings", act: new_token },
      ...(this.models.list.value?.items ?? []).map((model): Action => {
        const act = () => {
          this.router.go("/settings");
          void this.models.test(model.name);
        };
        return { title: `Test ${model.label}`, icon: "check", group: "Model", act };
      }),
      { title: "Disconnect this browser", icon: "close", group: "Settings", act: () => void this.client.disconnect() },
    ];
  }

  /** Where the rail's Chat leads: back to the conversation that was open. */
  chat_path(): string {
    const open = this.chat.open.value;
    return open && this.router.route.value.part !== "chat" ? `/c/${open.id}` : "/";
  }

  private async load(): Promise<void> {
    await Promise.all([this.read_computer(), this.models.load(), this.chat.catch_up()]);
  }

  private async read_computer(): Promise<void> {
    try {
      this.computer.value = await this.client.get<ComputerInfo>("/api/computer");
    } catch {
      // 401 has already closed the page; when the server is gone the banner says so.
      return;
    }
    const { setup_done, model } = this.computer.value;
    const at_setup = this.router.route.value.part === "setup";
    if (!setup_done && !at_setup) this.router.replace("/setup");
    if (setup_done && at_setup) this.router.replace("/");
    if (model.state === "loading") setTimeout(() => void this.read_computer(), kModelPollMs);
  }

  private show(route: Router["route"]["value"]): void {
    if (route.part === "chat") this.chat.show(route.conversation_id);
    if (route.part === "files") void this.files.show(route.path);
    if (route.part === "settings") void this.settings.load();
    if (route.part === "files") document.title = "Files · ZoClone";
    if (route.part === "settings") document.title = "Settings · ZoClone";
  }

  /** A run that works elsewhere in the list ends without a word to this page. */
  private look_again(): void {
    const { items } = this.chat.conversations;
    const elsewhere = items.value.some((each) => each.active_run_id && each.id !== this.chat.open.value?.id);
    if (elsewhere && document.visibilityState === "visible" && this.client.reachable.value) {
      void this.chat.conversations.refresh();
    }
  }

  private search(): void {
    if (this.router.route.value.part !== "chat") this.router.go(this.chat_path());
    if (matchMedia("(max-width: 719px)").matches) this.chat.drawer_open.value = true;
    else this.chat.list_open.value = true;
    const focus = () => document.getElementById("search")?.focus();
    // At once where the field is there already, so that the next key lands in it.
    focus();
    requestAnimationFrame(focus);
  }

  private key(event: KeyboardEvent): void {
    if (!this.client.session.value || event.defaultPrevented) return;
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.palette_open.value = !this.palette_open.value;
    } else if (event.key === "/" && !is_writing(event.target)) {
      event.preventDefault();
      this.search();
    } else if (event.key === "Escape") {
      if (this.chat.drawer_open.value) this.chat.drawer_open.value = false;
      else if (this.router.route.value.part === "chat") void this.chat.open.value?.stop();
    }
  }
}

function is_writing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
