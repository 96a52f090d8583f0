// What a conversation does beside asking and answering, with the scripted model.
import { eventually, expect } from "./stage.mjs";

export const chat_scenarios = [
  [
    "a fresh setup link signs in, opened in the tab that shows a used one",
    async (stage) => {
      const context = await stage.page.context().browser().newContext();
      const page = await context.newPage();
      await page.goto(`${stage.url}/setup#used`);
      await page.getByText("this setup link was used already").waitFor();
      const { hash } = new URL((await stage.api("POST", "/api/setup-links")).url);
      await page.evaluate((fresh) => {
        window.same_page = true;
        location.hash = fresh;
      }, hash);
      await page.getByRole("heading", { name: "What should be done?" }).waitFor();
      expect(await page.evaluate(() => window.same_page), "the page was not loaded anew");
      expect(!page.url().includes("#"), "the secret leaves the address bar");
      const session = () => page.evaluate(() => localStorage.getItem("zo.session"));
      const before = await session();
      // With a session, too: the fresh link's goes before it, and a used one changes nothing.
      for (const [next, changes] of [
        [new URL((await stage.api("POST", "/api/setup-links")).url).hash, true],
        ["#used", false],
      ]) {
        const had = await session();
        await page.evaluate(() => history.pushState(null, "", "/setup"));
        await page.evaluate((fresh) => (location.hash = fresh), next);
        await page.waitForURL(`${stage.url}/`);
        expect(((await session()) !== had) === changes, `a session of its own: ${next}`);
      }
      expect((await session()) !== before, "the last fresh link is the one in use");
      await context.close();
    },
  ],
  [
    "after an outage every view is there again without a reload, and an idle chat says that it is offline",
    async (stage) => {
      const { page, server } = stage;
      await stage.fresh_chat();
      await stage.ask("Say the word one.");
      await stage.answered();
      await stage.api("PUT", "/api/files/content?path=notes.txt&replace=true", "buy milk\n");
      const chat = new URL(page.url()).pathname;
      const gone = page.locator(".banner", { hasText: "Reconnecting…" });
      const visit = (path) =>
        page.evaluate((to) => {
          history.pushState(null, "", to);
          dispatchEvent(new PopStateEvent("popstate"));
        }, path);
      stage.forgiving = true;
      for (const [path, there] of [
        [chat, page.locator(".turn.answer", { hasText: "One." })],
        ["/settings", page.locator(".tokens li").first()],
        ["/files", page.locator(".file-name").first()],
        ["/", page.locator(".examples li").first()],
      ]) {
        await visit("/settings?elsewhere");
        if (path === chat) await visit(path); // on the screen and idle when the server goes
        await server.kill();
        await gone.waitFor();
        if (path === chat) await stage.shot("40-offline");
        await visit(path);
        await server.start();
        await gone.waitFor({ state: "detached" });
        await there.waitFor();
        expect((await page.locator(".note.bad").count()) === 0, `nothing is left of the outage at ${path}`);
      }
      await visit("/");
      await page.context().setOffline(true);
      await gone.waitFor();
      await page.context().setOffline(false);
      await gone.waitFor({ state: "detached" });
      stage.forgiving = false;
      stage.complaints = stage.complaints.filter((each) => !/Failed to load resource|net::ERR_/.test(each));
    },
  ],
  [
    "a message that could not be sent keeps its place and can be sent again, after a reload, too",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Say the word one.");
      await stage.answered();
      const chat = new URL(page.url()).pathname;
      stage.forgiving = true;
      await page.route("**/messages", (route) =>
        route.request().method() === "POST" ? route.abort() : route.continue(),
      );
      await stage.ask("And what is a marsh?");
      const unsent = page.locator(".turn.user", { hasText: "And what is a marsh?" });
      await unsent.getByText("Not sent:").waitFor();
      await page.unroute("**/messages");
      await page.locator(".banner").waitFor({ state: "detached" });
      await stage.ask("Say the word two.");
      await eventually(async () => (await page.locator(".turn.answer").count()) === 2, "a later one is answered");
      await stage.answered();
      const said = () => page.locator(".turn .user-text").allTextContents();
      const places = ["Say the word one.", "And what is a marsh?", "Say the word two."].join();
      expect((await said()).join() === places, `it keeps its place: ${await said()}`);
      await stage.shot("41-not-sent");
      await page.locator(".list-head").getByRole("button").click();
      await unsent.waitFor({ state: "detached" });
      await page.goBack();
      await unsent.getByText("Not sent:").waitFor();
      // Closed and opened again: the browser has kept it.
      const other = await page.context().newPage();
      stage.listen(other);
      await other.goto(stage.url + chat);
      await other.getByText("Not sent:").waitFor();
      expect((await other.locator(".turn .user-text").allTextContents()).join() === places, "there, too");
      await page.reload();
      await unsent.getByText("Not sent:").waitFor();
      stage.forgiving = false;
      stage.complaints = stage.complaints.filter((each) => !/Failed to load resource|net::ERR_/.test(each));
      await stage.button("Send again").click();
      await eventually(async () => (await page.locator(".turn.answer").count()) === 3, "it is answered");
      await stage.answered();
      await other.getByText("Not sent:").waitFor({ state: "detached" });
      await other.close();
      const left = await page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith("zo.outbox.")));
      expect(left.length === 0, `nothing is kept of what was sent: ${left}`);
    },
  ],
];
