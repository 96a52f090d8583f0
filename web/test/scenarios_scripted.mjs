// What needs a model that does exactly as told, or a server that can be cut off or killed.
import { eventually, expect } from "./stage.mjs";

export const scripted_scenarios = [
  [
    "a run that asks waits where it stands, in a list, and goes on with the answer",
    async (stage) => {
      const { page } = stage;
      const rule = await stage.api("PUT", "/api/policies", JSON.stringify({ tool: "shell", verdict: "ask" }));
      await stage.fresh_chat();
      await stage.ask("Ask first");
      const question = page.locator(".question");
      await question.getByText("shell wants to run").waitFor();
      await page.locator(".tool.asked", { hasText: "asks you" }).waitFor();
      await stage.shot("18-asked");
      await stage.accessible("asked");
      await page.reload();
      await question.getByText("shell wants to run").waitFor();
      await page.goto(`${stage.url}/asked`);
      await question.getByRole("button", { name: "Refuse…" }).click();
      await question.getByLabel("Why not? The model is told.").fill("not today");
      await stage.shot("19-refusing");
      await question.getByRole("button", { name: "Refuse", exact: true }).click();
      await page.getByText("Nothing waits for you.").waitFor();
      await page.getByText("not today").waitFor();
      await page.locator(".answered a").first().click();
      await page.getByText("They say: not today").waitFor();
      await stage.ask("Ask first");
      await question.getByRole("button", { name: "Allow once" }).click();
      await page.locator(".tool.ok", { hasText: "echo asked" }).waitFor();
      await stage.api("DELETE", `/api/policies/${rule.id}`);
    },
  ],
  [
    "a page that nobody looks at tells what is asked, once the person has agreed to that",
    async (stage) => {
      const page = await stage.context.newPage();
      const rule = await stage.api("PUT", "/api/policies", JSON.stringify({ tool: "shell", verdict: "ask" }));
      // A browser without a screen has no notifications of its own to look at; and no page is ever hidden in it.
      await page.addInitScript(() => {
        window.told = [];
        window.Notification = class {
          static permission = "default";
          static requestPermission = async () => "granted";
          constructor(title, { body }) {
            window.told.push(`${title}: ${body}`);
          }
        };
        Object.defineProperty(document, "visibilityState", { get: () => window.seen ?? "visible" });
      });
      await page.goto(`${stage.url}/asked`);
      await page.getByRole("button", { name: "Notify me" }).click();
      await page.getByRole("button", { name: "Notify me" }).waitFor({ state: "hidden" });
      const told = () => page.evaluate(() => window.told);
      const ask = async () => {
        const conversation = await stage.api("POST", "/api/conversations", "{}");
        await stage.api(
          "POST",
          `/api/conversations/${conversation.id}/messages`,
          JSON.stringify({ text: "Ask first" }),
        );
      };
      await ask();
      await page.locator(".question").nth(0).waitFor();
      expect((await told()).length === 0, "who looks at the page is not told beside it");
      await page.evaluate(() => {
        window.seen = "hidden";
      });
      await ask();
      await page.locator(".question").nth(1).waitFor();
      expect(String(await told()).startsWith("ZoClone asks you: shell wants to run"), `told: ${await told()}`);
      for (const left of [1, 0]) {
        await page.locator(".question").first().getByRole("button", { name: "Allow once" }).click();
        await eventually(async () => (await page.locator(".question").count()) === left, `${left} questions left`);
      }
      await page.close();
      await stage.api("DELETE", `/api/policies/${rule.id}`);
    },
  ],
  [
    "hostile markdown shows as text and loads nothing from elsewhere",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.api("PUT", "/api/files/content?path=notes.txt&replace=true", "buy milk\n");
      await stage.ask("Show me markdown");
      await page.getByText("Thinking…").waitFor();
      await stage.answered();
      expect((await page.evaluate(() => window.broken)) === undefined, "nothing in it ran");
      expect((await page.locator(".markdown img").count()) === 0, "no picture from elsewhere");
      const link = page.getByRole("link", { name: "the source" });
      expect((await link.getAttribute("rel")).includes("noopener"), "links do not reach back");
      expect((await link.getAttribute("target")) === "_blank", "links open elsewhere");
      await page.locator(".markdown", { hasText: "<Foo>" }).waitFor();
      expect(
        (await page.getByRole("link", { name: "a picture elsewhere" }).count()) === 1,
        "the picture became a link",
      );
      await page.locator(".hljs-keyword").first().waitFor();
      await page.locator(".code").filter({ hasText: "import csv" }).getByRole("button").click();
      await page.getByText("Copied").first().waitFor();
      await page
        .locator(".scroll")
        .first()
        .evaluate((view) => (view.scrollTop = 0));
      const saved = page.waitForEvent("download");
      await page.getByRole("link", { name: "the notes" }).click();
      await saved;
      expect((await page.locator("li .code").count()) === 1, "code inside a list is code, too");
      await stage.shot("20-markdown");
      await stage.accessible("markdown");
      await stage.colours("dark");
      await stage.shot("21-markdown-dark");
      await stage.accessible("markdown, dark");
      await stage.colours("light");
    },
  ],
  [
    "several calls side by side: a diff, a failure, live output that follows, the whole output",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Plot sales.csv by month");
      const running = page.locator(".tool.running", { hasText: "plot.py sales.csv" });
      await running.locator(".tool-line").click();
      await running.locator(".tool-output", { hasText: "reading 500 rows" }).waitFor();
      const gap = () =>
        running.locator(".tool-output").evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
      await eventually(async () => (await gap()) < 24, "the output follows its end");
      await stage.shot("22-running");
      await stage.accessible("running");
      await stage.answered();
      await page.locator(".tool", { hasText: "edit_file" }).locator(".tool-line").click();
      await page.locator(".diff-line.added", { hasText: "+buy oat milk" }).waitFor();
      await page.locator(".tool.failed", { hasText: "failed" }).waitFor();
      await stage.shot("23-diff");
      await stage.button("Show the whole output").click();
      await eventually(
        async () => (await page.locator(".tool-output").last().textContent()).length > 60_000,
        "the whole output is shown",
      );
      await stage.button("Details").click();
      await page.locator(".touched li", { hasText: "plot.py" }).waitFor();
      await stage.colours("dark");
      await stage.shot("24-tools-dark");
      await stage.accessible("tools, dark");
      await stage.colours("light");
      await stage.button("Delete whole outputs…").click();
      await stage.shot("24-free-outputs");
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await page.locator(".details", { hasText: "1 whole output deleted, 61 KB." }).waitFor();
      await stage.button("Close details").click();
    },
  ],
  [
    "a failed run says why and what to do, also after a reload",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Please fail");
      await page.getByText("Asking again in").waitFor();
      await page.getByText("refused the key").waitFor();
      await page.reload();
      await page.getByText("refused the key").waitFor();
      await stage.shot("26-failed");
      await stage.accessible("failed");
      await stage.button("Try again").click();
      await page.locator(".aside.working").waitFor();
      await page.getByText("refused the key").waitFor();
      expect((await page.locator(".turn.user").count()) === 1, "the question stands once");
    },
  ],
  [
    "streams that are cut again and again lose and double nothing",
    async (stage) => {
      const { page, server } = stage;
      await stage.fresh_chat();
      await stage.ask("Write slowly about rivers");
      for (let cut = 0; cut < 4; cut += 1) {
        const before = (await stage.last_answer().textContent({ timeout: 5000 })).length;
        await eventually(async () => (await stage.last_answer().textContent()).length > before + 40, "text goes on");
        server.cut();
      }
      await stage.answered();
      const id = new URL(page.url()).pathname.split("/").at(-1);
      const { items } = await stage.api("GET", `/api/conversations/${id}/messages`);
      const stored = items.findLast((message) => message.role === "assistant").text;
      const shown = await page.locator(".turn.answer .markdown").last().textContent();
      expect(shown.trim() === stored.trim(), `shown and stored differ:\n${shown}\n${stored}`);
      // The browser itself notes each cut in its console.
      stage.complaints = stage.complaints.filter(
        (each) => !/ERR_(INCOMPLETE_CHUNKED|EMPTY_RESPONSE|CONNECTION_)/.test(each),
      );
    },
  ],
  [
    "a server that goes away is said so, and found again without a reload",
    async (stage) => {
      const { page, server } = stage;
      await stage.fresh_chat();
      await stage.ask("Write slowly about rivers");
      await eventually(async () => (await page.locator(".turn.answer .markdown").count()) > 0, "text must arrive");
      stage.forgiving = true;
      await server.kill();
      await page.locator(".banner", { hasText: "Reconnecting…" }).waitFor();
      await stage.ask("Written while it was away");
      await page.getByText("Not sent:").waitFor();
      await stage.shot("27-gone");
      await stage.accessible("gone");
      await page.locator(".list-head").getByRole("button").click();
      await page.getByText("Written while it was away").waitFor({ state: "detached" });
      await server.start();
      await page.locator(".banner").waitFor({ state: "detached" });
      await page.goBack();
      await page.getByText("Not sent:").waitFor();
      await page.reload();
      stage.forgiving = false;
      stage.complaints.length = 0;
      await stage.button("Send again").click();
      await eventually(async () => (await page.locator(".turn.user").count()) === 2, "it is taken in", 30_000);
      await stage.answered();
    },
  ],
  [
    "the view follows only at the end, and counts what is new",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      for (let turn = 0; turn < 4; turn += 1) {
        await stage.ask("Show me markdown");
        await stage.answered();
      }
      await stage.ask("Plot sales.csv by month");
      await page.locator(".tool").first().waitFor();
      const view = page.locator(".scroll").first();
      await view.hover();
      await page.mouse.wheel(0, -600);
      await page.locator(".to-end").waitFor();
      const top = await view.evaluate((each) => each.scrollTop);
      await stage.answered();
      await page.locator(".to-end", { hasText: /\d+ new/ }).waitFor();
      expect(Math.abs((await view.evaluate((each) => each.scrollTop)) - top) < 2, "what is read does not move");
      await stage.shot("28-new-chip");
      await page.locator(".to-end").click();
      await page.locator(".to-end").waitFor({ state: "detached" });
    },
  ],
  [
    "a used link says what to do",
    async (stage) => {
      const context = await stage.page
        .context()
        .browser()
        .newContext({ viewport: { width: 1280, height: 800 } });
      const page = await context.newPage();
      await page.goto(`${stage.url}/setup#used`);
      await page.getByText("this setup link was used already").waitFor();
      if (stage.shots) await page.screenshot({ path: `${stage.shots}/29-not-connected.png` });
      await context.close();
    },
  ],
  [
    "a thousand conversations and a long chat stay quick",
    async (stage) => {
      const { page } = stage;
      const long = await fill(stage);
      await stage.goto("/");
      await eventually(async () => (await page.locator(".row").count()) === 50, "the first page of the list");
      await page.locator(".list-rows").evaluate((list) => (list.scrollTop = list.scrollHeight));
      await eventually(async () => (await page.locator(".row").count()) > 50, "the next page is read");
      const began = Date.now();
      await stage.goto(`/c/${long}`);
      await page.locator(".turn", { hasText: "answer 1499" }).waitFor();
      expect(Date.now() - began < 3000, `3,000 messages were open after ${Date.now() - began} ms`);
      expect((await page.locator(".turn").count()) <= 80, "only the newest turns are drawn");
      const view = page.locator(".scroll").first();
      await view.hover();
      for (let turn = 0; turn < 30; turn += 1) await page.mouse.wheel(0, -800);
      await eventually(async () => (await page.locator(".turn").count()) > 80, "earlier turns are drawn on the way up");
      await stage.shot("30-long");
    },
  ],
];

/** A thousand conversations, and one of 3,000 messages, whose id it gives back. */
async function fill(stage) {
  const titles = Array.from({ length: 1000 }, (_, index) => `An old conversation about thing number ${index}`);
  await stage.page.evaluate(async (titles) => {
    const headers = {
      authorization: `Bearer ${localStorage.getItem("zo.session")}`,
      "content-type": "application/json",
    };
    const make = (title) => fetch("/api/conversations", { method: "POST", headers, body: JSON.stringify({ title }) });
    while (titles.length > 0) await Promise.all(titles.splice(0, 5).map(make));
  }, titles);
  const turns = Array.from({ length: 1500 }, (_, index) => [
    { role: "user", content: `question ${index}` },
    { role: "assistant", content: `This is **answer ${index}**.\n\n- a\n- b\n` },
  ]);
  const messages = [...turns.flat(), { role: "user", content: "Say the word one." }];
  await stage.api("POST", "/v1/chat/completions", JSON.stringify({ model: "zo", messages }));
  return (await stage.api("GET", "/api/conversations?limit=1")).items[0].id;
}
