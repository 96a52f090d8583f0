// What every scenario stands on: one browser page, words for what a person does, and an ear for complaints.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";

const kAnswerMaxMs = Number(process.env.ANSWER_MAX_MS ?? 120_000);

export class Stage {
  /** Console errors, refused resources, requests to anywhere else. */
  complaints = [];
  /** Expected for a while: the server is gone, a request is refused. */
  forgiving = false;

  static async open(browser, facts) {
    const stage = new Stage();
    Object.assign(stage, facts);
    stage.context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      acceptDownloads: true,
      reducedMotion: "reduce", // what is half faded in has half its contrast
      deviceScaleFactor: facts.shots ? 2 : 1,
    });
    if (process.env.PAGE_DIST) await serve_page(stage.context, process.env.PAGE_DIST);
    stage.page = await stage.context.newPage();
    stage.page.setDefaultTimeout(10_000);
    stage.listen(stage.page);
    return stage;
  }

  listen(page) {
    page.on("console", (message) => {
      if (message.type() === "error" && !this.forgiving) this.complaints.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.complaints.push(`page error: ${error.stack}`));
    page.on("request", (request) => {
      // chrome: the browser's own viewer of PDF.
      if (!request.url().startsWith(this.url) && !/^(data|blob|chrome|chrome-extension):/.test(request.url())) {
        this.complaints.push(`a request left the server: ${request.url()}`);
      }
    });
  }

  assert_quiet() {
    if (this.complaints.length > 0) throw new Error(this.complaints.join("\n"));
  }

  async goto(path) {
    await this.page.goto(this.url + path);
  }

  /** Asks the server as the page's session does. */
  async api(method, path, body) {
    const ask = async ({ method, path, body }) => {
      const headers = { authorization: `Bearer ${localStorage.getItem("zo.session")}` };
      const response = await fetch(path, { method, headers, body });
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      return response.status === 204 ? null : response.json();
    };
    return this.page.evaluate(ask, { method, path, body });
  }

  async fresh_chat() {
    await this.goto("/");
    await this.page.locator("#composer").waitFor();
  }

  async ask(text) {
    await this.page.locator("#composer").fill(text);
    await this.page.locator("#composer").press("Enter");
  }

  /** The palette's field, with the focus in it. */
  async palette() {
    await this.page.keyboard.press("Control+k");
    const field = this.page.getByLabel("Type a command or a conversation's name");
    await field.waitFor();
    return field;
  }

  /** Finds an action in the palette by its words, and does it. */
  async command(words) {
    const field = await this.palette();
    await this.page.keyboard.type(words);
    await this.page.keyboard.press("Enter");
    await field.waitFor({ state: "detached" });
  }

  /** Waits until no run works here. */
  async answered() {
    await this.page.locator(".turn.answer .turn-actions").last().waitFor({ state: "attached", timeout: kAnswerMaxMs });
    await this.page.locator(".aside.working").waitFor({ state: "detached", timeout: kAnswerMaxMs });
  }

  last_answer() {
    return this.page.locator(".turn.answer").last();
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  async resize(width, height) {
    await this.page.setViewportSize({ width, height });
  }

  async colours(scheme) {
    await this.page.emulateMedia({ colorScheme: scheme });
  }

  async shot(name) {
    if (this.shots) await this.page.screenshot({ path: `${this.shots}/${name}.png` });
  }

  /** Fails with what axe-core finds against WCAG 2.1 AA. */
  async accessible(where, page = this.page) {
    await page.evaluate(axe.source);
    const found = await page.evaluate(() =>
      window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }),
    );
    const told = found.violations.map(
      (each) =>
        `${where}: ${each.id}, ${each.help}\n${each.nodes
          .slice(0, 4)
          .map((node) => `    ${node.html}\n    ${node.failureSummary}`)
          .join("\n")}`,
    );
    if (told.length > 0) throw new Error(told.join("\n"));
  }
}

/** Instead of the page in the program the one in a folder, under the program's own headers: no build of it is waited for. */
async function serve_page(context, folder) {
  const is_page = (url) => !/^\/(api|files\/|v1|docs|openapi)/.test(url.pathname);
  await context.route(is_page, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname.startsWith("/assets/")) return route.fulfill({ path: join(folder, pathname) });
    if (route.request().resourceType() !== "document") return route.continue();
    const response = await route.fetch();
    return route.fulfill({ response, body: readFileSync(join(folder, "index.html")) });
  });
}

export function expect(truth, words) {
  if (!truth) throw new Error(words);
}

/** Polls until `probe` gives something true. */
export async function eventually(probe, words, wait_ms = 10_000) {
  const end = Date.now() + wait_ms;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(words);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
