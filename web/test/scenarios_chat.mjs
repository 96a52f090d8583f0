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
        await page.evaluate((fresh) => {
          history.pushState(null, "", "/setup");
          location.hash = fresh;
        }, next);
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
        const left = () => page.locator(".note.bad").count();
        await eventually(async () => (await left()) === 0, `nothing is left of the outage at ${path}`);
      }
      await visit("/");
      // A network that goes away without a word: the open stream only falls silent.
      await page.route("**/api/health", (route) => route.abort());
      await page.evaluate(() => {
        Object.defineProperty(navigator, "onLine", { get: () => false, configurable: true });
        dispatchEvent(new Event("offline"));
      });
      await gone.waitFor();
      await page.evaluate(() => Reflect.deleteProperty(navigator, "onLine"));
      await page.unroute("**/api/health");
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
  [
    "with a finger Enter makes a new line, the field grows, and the button sends",
    async (stage) => {
      const context = await stage.page
        .context()
        .browser()
        .newContext({
          viewport: { width: 390, height: 844 },
          hasTouch: true,
          isMobile: true,
          storageState: await stage.page.context().storageState(),
        });
      const page = await context.newPage();
      stage.listen(page);
      await page.goto(`${stage.url}/`);
      const field = page.locator("#composer");
      await field.click();
      const height = () => field.evaluate((area) => area.clientHeight);
      const before = await height();
      await page.keyboard.type("Say the word one.");
      for (let line = 0; line < 4; line += 1) await page.keyboard.press("Enter");
      await page.keyboard.type("Nothing else.");
      expect((await field.inputValue()).split("\n").length === 5, "Enter makes a new line");
      expect((await height()) > before * 3, `the field grows: ${before} to ${await height()} px`);
      if (stage.shots) await page.screenshot({ path: `${stage.shots}/42-finger.png` });
      await page.getByRole("button", { name: "Send", exact: true }).tap();
      await page.locator(".turn.answer", { hasText: "One." }).waitFor();
      await context.close();
    },
  ],
  [
    "the palette finds conversations that the page has not read, and a hit opens at what was said",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Tell me of the heron");
      await stage.answered();
      const heron = new URL(page.url()).pathname;
      for (let turn = 0; turn < 3; turn += 1) {
        await stage.ask("Show me markdown");
        await stage.answered();
      }
      await stage.api(
        "PATCH",
        `/api${heron.replace("/c/", "/conversations/")}`,
        JSON.stringify({ title: "Of a bird" }),
      );
      // So many newer ones that the list does not reach it.
      await page.evaluate(async () => {
        const headers = {
          authorization: `Bearer ${localStorage.getItem("zo.session")}`,
          "content-type": "application/json",
        };
        const body = JSON.stringify({ title: "Newer" });
        for (let made = 0; made < 60; made += 1) await fetch("/api/conversations", { method: "POST", headers, body });
      });
      await stage.goto("/");
      await eventually(async () => (await page.locator(".row").count()) >= 50, "the list");
      expect((await page.locator(".row", { hasText: "Of a bird" }).count()) === 0, "it is not in the list");
      await stage.palette();
      await page.keyboard.type("grey");
      await page.getByText("Searching…").waitFor();
      await page.keyboard.press("Control+a");
      await page.keyboard.type("Of a bird");
      await page.locator(".palette-item", { hasText: "Of a bird" }).click();
      await page.waitForURL(`${stage.url}${heron}`);
      const marks = () => page.evaluate(() => [...(CSS.highlights.get("found") ?? [])].map(String).join());
      // The list's search, too: the hit is far above the end.
      await stage.goto("/");
      await page.locator("#search").fill("HERON");
      await page.locator(".row", { hasText: "Of a bird" }).locator("a").click();
      await page.waitForURL(/\?m=/);
      const hit = page.locator(".turn.answer", { hasText: "stands in the reeds" });
      await eventually(async () => (await marks()).includes("heron"), "the words are marked");
      await eventually(
        () =>
          hit.evaluate((turn) => {
            const { top, bottom } = turn.getBoundingClientRect();
            return top > 0 && bottom < innerHeight;
          }),
        "the message that matched is in sight",
      );
      await stage.shot("43-found");
      await stage.accessible("found");
      await page.locator("#search").fill("");
      await page.locator(".list-head").getByRole("button").click();
      await eventually(async () => (await marks()) === "", "the marks go with the conversation");
    },
  ],
  [
    "what an edit or a new answer replaced can be looked at, and the newest is a click away",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Say the word one.");
      await stage.answered();
      await stage.ask("And what is a marsh?");
      await eventually(async () => (await page.locator(".turn.answer").count()) === 2, "the second answer");
      await stage.answered();
      await page.locator(".turn.user").first().hover();
      await stage.button("Edit and ask again").first().click();
      await page.getByLabel("Edit your message").fill("Say the word two.");
      await stage.button("Ask again").click();
      await page.locator(".turn.user .versions", { hasText: "2/2" }).waitFor();
      await stage.button("Answer again").click();
      await page.locator(".turn.answer .versions", { hasText: "2/2" }).waitFor();
      const said = async () => (await page.locator(".turn .said").allTextContents()).join(" | ");
      const earlier = page.locator(".turn.user").first().getByRole("button", { name: "Earlier version" });
      await earlier.click();
      await page.locator(".versions", { hasText: "1/2" }).waitFor();
      expect(/word one.*One.*marsh.*grasses/s.test(await said()), `all of it is there: ${await said()}`);
      expect((await page.getByRole("button", { name: "Edit and ask again" }).count()) === 0, "it is only to be read");
      await stage.shot("44-earlier-version");
      await stage.accessible("earlier version");
      await page.reload();
      await page.locator(".turn.user .versions", { hasText: "2/2" }).waitFor();
      await earlier.click();
      await page.locator(".turn.user", { hasText: "Say the word one." }).waitFor();
      await stage.button("Back to the newest").click();
      await page.locator(".turn.user", { hasText: "Say the word two." }).waitFor();
      expect((await page.locator(".turn").count()) === 2, "one question, one answer");
    },
  ],
  [
    "settings mark this browser among the sessions",
    async (stage) => {
      const { page } = stage;
      await stage.goto("/settings");
      await page.locator(".token-here").waitFor();
      expect((await page.locator(".token-here").count()) === 1, "one of them is this one");
      await page.locator(".token-here").scrollIntoViewIfNeeded();
      await stage.shot("45-this-browser");
    },
  ],
  [
    "a failed answer offers another model to ask, and the place of the keys",
    async (stage) => {
      const { page } = stage;
      const more = (route) =>
        route.fetch().then(async (response) => {
          const list = await response.json();
          list.items.push({ ...list.items[0], name: "openai/another", label: "another, in OpenAI" });
          await route.fulfill({ response, json: list });
        });
      await page.route("**/api/models", more);
      await stage.fresh_chat();
      await stage.ask("Refuse this");
      await page.getByText("refused the key").waitFor();
      await stage.button("Ask another model").click();
      await stage.shot("46-another-model");
      await stage.accessible("another model");
      const asked = page.waitForRequest((request) => request.url().endsWith("/edit"));
      await page.getByRole("menuitem", { name: "another, in OpenAI" }).click();
      await asked;
      const id = new URL(page.url()).pathname.split("/").at(-1);
      await eventually(
        async () => (await stage.api("GET", `/api/conversations/${id}`)).model === "openai/another",
        "that model answers here from now on",
      );
      const { items } = await stage.api("GET", `/api/runs?conversation_id=${id}`);
      expect(items[0].model === "openai/another", `and was asked: ${items[0].model}`);
      await page.getByText("refused the key").waitFor();
      await page.getByRole("link", { name: "Keys", exact: true }).click();
      await stage.button("Add a key").waitFor();
      await page.unroute("**/api/models", more);
    },
  ],
  [
    "details stand open where there is room, and stay as a person left them where there is less",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Say the word one.");
      await stage.answered();
      const details = page.locator(".details");
      expect((await details.count()) === 0, "closed at 1280 px");
      await stage.resize(1500, 900);
      await details.waitFor();
      await stage.resize(1280, 800);
      await details.waitFor({ state: "detached" });
      await stage.button("Details").click();
      await details.waitFor();
      await page.reload();
      await details.waitFor();
      await stage.button("Close details").click();
      await details.waitFor({ state: "detached" });
    },
  ],
  [
    "a long message of a person folds",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      const lines = Array.from({ length: 60 }, (_, line) => `line ${line} of what was said`);
      await stage.ask(["Say the word one.", ...lines].join("\n"));
      await stage.answered();
      const text = page.locator(".turn.user .user-text");
      const height = () => text.evaluate((each) => each.clientHeight);
      const folded = await height();
      expect(folded < 400, `it is folded: ${folded} px`);
      await stage.shot("47-folded");
      await stage.accessible("folded");
      await stage.button("Show all").click();
      expect((await height()) > 1000, `all of it is shown: ${await height()} px`);
      await stage.button("Show less").click();
      expect((await height()) === folded, "and folds again");
    },
  ],
  [
    "a picture of an answer is shown from where its command worked, and none from elsewhere",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      stage.forgiving = true; // what is not there is looked for
      await stage.ask("Draw a chart in a folder");
      await stage.answered();
      const chart = page.locator(".turn.answer .markdown img");
      await eventually(
        async () => (await chart.count()) === 1 && (await chart.evaluate((each) => each.naturalWidth)) === 480,
        "the chart is shown",
      );
      expect((await chart.getAttribute("alt")) === "the sales", "it has its words");
      const saved = page.waitForEvent("download");
      await chart.click();
      expect((await saved).suggestedFilename() === "sales.svg", "a click saves it");
      await page.getByRole("link", { name: "not here" }).waitFor();
      expect((await page.locator(".markdown a[data-picture]", { hasText: "elsewhere" }).count()) === 0, "a mere link");
      await stage.shot("48-picture-in-answer");
      await stage.accessible("picture in an answer");
      stage.forgiving = false;
    },
  ],
  [
    "maths is set, with what is loaded for it alone, and prices stay prices",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      const loaded = [];
      page.on("request", (request) => /katex|maths/i.test(request.url()) && loaded.push(request.url()));
      await stage.ask("Say the word one.");
      await stage.answered();
      expect(loaded.length === 0, `nothing is loaded before it is needed: ${loaded}`);
      await stage.ask("Explain the maths");
      await page.locator(".turn.answer .katex").first().waitFor();
      await stage.answered();
      await eventually(async () => (await page.locator(".markdown .katex").count()) === 4, "four formulas");
      expect((await page.locator(".markdown .katex-display").count()) === 2, "two of them by themselves");
      await page.locator(".markdown p", { hasText: "It costs $5 and $6, not more." }).waitFor();
      await page.locator("code", { hasText: "$x$" }).waitFor();
      await page.locator(".markdown p", { hasText: "\\frac{1$" }).waitFor();
      expect(await page.evaluate(() => document.fonts.check("16px KaTeX_Main")), "its fonts come from this server");
      for (const scheme of ["light", "dark"]) {
        await stage.colours(scheme);
        await stage.shot(`49-maths-${scheme}`);
        await stage.accessible(`maths, ${scheme}`);
      }
      await stage.colours("light");
    },
  ],
  [
    "no view has a barrier, light or dark, wide or on a phone",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Show me markdown");
      await stage.answered();
      await stage.api("PUT", "/api/files/content?path=notes.txt&replace=true", "buy milk\n");
      const chat = new URL(page.url()).pathname;
      for (const scheme of ["light", "dark"]) {
        await stage.colours(scheme);
        for (const [width, height] of [
          [1500, 900],
          [390, 844],
        ]) {
          await stage.resize(width, height);
          for (const [path, there] of [
            ["/", "#composer"],
            [chat, ".turn.answer"],
            ["/files", ".file-name"],
            ["/settings", ".tokens li"],
          ]) {
            await stage.goto(path);
            await page.locator(there).first().waitFor();
            await stage.accessible(`${path}, ${scheme}, ${width} px`);
          }
          await stage.palette();
          await stage.accessible(`palette, ${scheme}, ${width} px`);
          await page.keyboard.press("Escape");
        }
      }
      await stage.resize(1280, 800);
      const context = await page.context().browser().newContext();
      const stranger = await context.newPage();
      for (const scheme of ["light", "dark"]) {
        await stranger.emulateMedia({ colorScheme: scheme });
        await stranger.goto(`${stage.url}/setup#used`);
        await stranger.getByText("this setup link was used already").waitFor();
        await stage.accessible(`not connected, ${scheme}`, stranger);
      }
      await context.close();
      await stage.colours("light");
    },
  ],
  [
    "the first view takes at most 90 KB of the wire, in all its files",
    async (stage) => {
      const context = await stage.page
        .context()
        .browser()
        .newContext({ storageState: await stage.page.context().storageState() });
      const page = await context.newPage();
      await page.goto(`${stage.url}/`);
      await page.locator("#composer").waitFor();
      const files = await page.evaluate(() =>
        [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
          .filter((entry) => !new URL(entry.name).pathname.startsWith("/api/"))
          .map((entry) => ({ path: new URL(entry.name).pathname, bytes: entry.encodedBodySize })),
      );
      const total = files.reduce((sum, file) => sum + file.bytes, 0);
      const told = files.map((file) => `${file.path} ${file.bytes}`).join(", ");
      expect(files.length >= 3 && files.every((file) => file.bytes > 0), `every file is counted: ${told}`);
      expect(total <= 90 * 1024, `${total} bytes: ${told}`);
      await context.close();
    },
  ],
];
