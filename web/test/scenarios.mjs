// What must work against any server and any model that can use tools.
import { eventually, expect } from "./stage.mjs";

const kSlow = "Write slowly, in about 300 words, how a river becomes a delta.";

export const scenarios = [
  [
    "setup: the link becomes a session, a model answers its test, Start opens an empty conversation",
    async (stage) => {
      const { page } = stage;
      await page.goto(stage.setup_url);
      await page.getByRole("heading", { name: "Which model answers?" }).waitFor();
      expect(!page.url().includes("#"), "the secret must leave the address bar");
      await page.getByRole("radio").first().waitFor();
      await page.locator(".model.chosen").getByRole("button").click();
      await page.locator(".model-result.ok").waitFor({ timeout: 60_000 });
      for (const scheme of ["dark", "light"]) {
        await stage.colours(scheme);
        for (const width of [390, 1280]) {
          await stage.resize(width, 800);
          await stage.shot(`01-setup-${scheme}-${width}`);
          await stage.accessible(`setup, ${scheme}, ${width} px`);
        }
      }
      await stage.button("Add a key").click();
      await page.getByLabel("Key", { exact: true }).waitFor();
      await stage.accessible("setup, a key");
      await stage.shot("01-setup-key");
      await stage.button("Cancel").click();
      await stage.button("Start").click();
      await page.getByRole("heading", { name: "What should be done?" }).waitFor();
      expect(new URL(page.url()).pathname === "/", "Start leads to /");
    },
  ],
  [
    "an empty conversation offers examples",
    async (stage) => {
      await stage.fresh_chat();
      await stage.page.locator(".examples li").first().waitFor();
      expect((await stage.page.locator(".examples li").count()) <= 4, "at most four examples");
      await stage.shot("02-empty");
      await stage.accessible("empty");
    },
  ],
  [
    "a question runs a command, one line that opens to arguments and output",
    async (stage) => {
      await stage.fresh_chat();
      await stage.ask("What is the sha256 of notes.txt?");
      await stage.page.waitForURL(/\/c\//);
      await stage.answered();
      const line = stage.page.locator(".tool-line").first();
      await line.click();
      await stage.page.locator(".tool-detail .tool-arguments").waitFor();
      await stage.shot("03-tool-call");
      await stage.accessible("tool call");
    },
  ],
  [
    "a reload in the middle of an answer loses nothing and doubles nothing",
    async (stage) => {
      await stage.fresh_chat();
      await stage.ask(kSlow);
      for (let reload = 0; reload < 3; reload += 1) {
        await eventually(async () => (await written(stage)).length > 20 + reload * 60, "text must arrive");
        await stage.page.reload();
      }
      await stage.answered();
      const shown = await written(stage);
      const stored = await stage.page.evaluate(async () => {
        const headers = { authorization: `Bearer ${localStorage.getItem("zo.session")}` };
        const id = location.pathname.split("/").at(-1);
        const { items } = await (await fetch(`/api/conversations/${id}/messages`, { headers })).json();
        return items.findLast((message) => message.role === "assistant").text;
      });
      expect(letters(shown) === letters(stored), `shown and stored differ:\n${shown}\n---\n${stored}`);
      expect((await stage.page.locator(".turn.user").count()) === 1, "one message of the person");
    },
  ],
  [
    "Stop answers at once and says what had happened",
    async (stage) => {
      await stage.fresh_chat();
      await stage.ask(kSlow);
      await eventually(async () => (await written(stage)).length > 20, "text must arrive");
      const began = Date.now();
      await stage.button("Stop").click();
      await stage.page
        .getByText(/Stopping…|Stopped\./)
        .first()
        .waitFor();
      expect(Date.now() - began < 1000, "the click must be answered at once");
      await stage.page.getByText("Stopped. No tool had run.").waitFor();
      await stage.shot("04-stopped");
    },
  ],
  [
    "Escape stops as well, and the next question stands behind what was said",
    async (stage) => {
      await stage.fresh_chat();
      await stage.ask(kSlow);
      await eventually(async () => (await written(stage)).length > 20, "text must arrive");
      await stage.page.keyboard.press("Escape");
      await stage.page.getByText("Stopped. No tool had run.").waitFor();
      await stage.ask("Say the word one.");
      await stage.page.locator(".turn.user", { hasText: "Say the word one." }).waitFor();
      await stage.answered();
      const sides = () =>
        stage.page.locator(".turn").evaluateAll((turns) => turns.map((turn) => turn.getAttribute("aria-label")).join());
      await eventually(async () => (await sides()) === "You,Zo,You,Zo", "turns stand in the order said");
    },
  ],
  [
    "a message written while it works is queued, removable, and taken in",
    async (stage) => {
      await stage.fresh_chat();
      await stage.ask(kSlow);
      await eventually(async () => (await written(stage)).length > 20, "text must arrive");
      await stage.ask("This one is removed.");
      await stage.ask("And what is a marsh?");
      await eventually(async () => (await stage.page.locator(".queued").count()) === 2, "two messages wait");
      await stage.shot("05-queued");
      await stage.accessible("queued");
      await stage.page.locator(".queued").first().getByRole("button").click();
      await eventually(async () => (await stage.page.locator(".queued").count()) === 1, "one message waits");
      await stage.page.locator(".queued").waitFor({ state: "detached", timeout: 120_000 });
      await stage.answered();
      const users = await stage.page.locator(".turn.user .user-text").allTextContents();
      expect(users.length === 2 && users[1] === "And what is a marsh?", `placed once: ${users}`);
    },
  ],
  [
    "a message is edited and an answer is made again",
    async (stage) => {
      await stage.fresh_chat();
      await stage.ask("Say the word one.");
      await stage.answered();
      await stage.page.locator(".turn.user").hover();
      await stage.button("Edit and ask again").click();
      await stage.page.getByLabel("Edit your message").fill("Say the word two.");
      await stage.button("Ask again").click();
      await stage.page.locator(".user-text", { hasText: "two" }).waitFor();
      await stage.answered();
      expect((await stage.page.locator(".turn").count()) === 2, "one question, one answer");
      await stage.last_answer().hover();
      await stage.button("Answer again").click();
      await stage.page.locator(".aside.working").waitFor();
      await stage.answered();
      expect((await stage.page.locator(".turn").count()) === 2, "still one question, one answer");
    },
  ],
  [
    "a question costs two requests, and what another tab does shows by itself",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Say the word one.");
      await stage.answered();
      const asked = [];
      const note = (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname.split("/").at(-1)}`);
      page.on("request", note);
      await stage.ask("Say the word one.");
      await eventually(async () => (await page.locator(".turn.answer").count()) === 2, "the second answer");
      await stage.answered();
      const other = await page.context().newPage();
      stage.listen(other);
      await other.goto(page.url());
      await other.locator(".turn.answer").nth(1).waitFor();
      page.off("request", note);
      expect(asked.join() === "POST messages,GET events", `what was asked for: ${asked}`);

      await other.locator("#composer").fill("Say the word two.");
      await other.locator("#composer").press("Enter");
      await page.locator(".turn.user", { hasText: "Say the word two." }).waitFor();
      await eventually(async () => (await page.locator(".turn.answer").count()) === 3, "the answer is followed");
      await stage.answered();
      const menu = async (action) => {
        await other.getByRole("button", { name: "Actions on this conversation" }).click();
        await other.getByRole("menuitem", { name: action }).click();
      };
      await menu("Rename…");
      await other.getByLabel("Title").fill("Counted words");
      await other.getByRole("button", { name: "Rename", exact: true }).click();
      await page.locator(".head-title", { hasText: "Counted words" }).waitFor();
      await page.locator(".row", { hasText: "Counted words" }).waitFor();
      await menu("Delete…");
      await other.getByRole("button", { name: "Delete", exact: true }).click();
      await page.getByText("This conversation was deleted.").waitFor();
      await stage.shot("17-deleted-elsewhere");
      expect((await page.locator(".row", { hasText: "Counted words" }).count()) === 0, "it left the list");
      await other.close();
    },
  ],
  [
    "files are attached, sent and kept in the workspace",
    async (stage) => {
      await stage.fresh_chat();
      const file = { name: "ships.csv", mimeType: "text/csv", buffer: Buffer.from("name,length\nAda,12\n") };
      const chooser = stage.page.waitForEvent("filechooser");
      await stage.button("Attach files").click();
      await (await chooser).setFiles(file);
      await stage.page.locator(".composer .chip", { hasText: "ships" }).getByText("19 B").waitFor();
      await stage.ask("How long is the ship?");
      await stage.page.locator(".turn.user .chip", { hasText: "ships" }).waitFor();
      await stage.answered();
      await stage.goto("/files");
      await stage.page.locator(".file-name", { hasText: "ships" }).waitFor();
      await stage.shot("06-files");
      await stage.accessible("files");
      const actions = stage.page.getByRole("button", { name: /^Actions on ships/ }).first();
      const saved = stage.page.waitForEvent("download");
      await actions.click();
      await stage.page.getByRole("menuitem", { name: "Download" }).click();
      await saved;
      const count = () => stage.page.locator(".file-name", { hasText: "ships" }).count();
      const before = await count();
      await actions.click();
      await stage.shot("06-files-menu");
      await stage.accessible("actions on a file");
      await stage.page.getByRole("menuitem", { name: "Delete" }).click();
      await stage.page.locator(".undo", { hasText: "deleted." }).waitFor();
      await eventually(async () => (await count()) === before - 1, "the file is gone");
    },
  ],
  [
    "a conversation is found, renamed, exported and deleted",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Remember the heron.");
      await stage.answered();
      await stage.button("Actions on this conversation").click();
      await page.getByRole("menuitem", { name: "Rename…" }).click();
      await page.getByLabel("Title").fill("Herons and others");
      await stage.button("Rename").click();
      await page.locator(".head-title", { hasText: "Herons and others" }).waitFor();
      await page.locator(".scroll").focus();
      await page.keyboard.press("/");
      await page.keyboard.type("herons and");
      await eventually(async () => (await page.locator(".row").count()) === 1, "the search finds one");
      await page.keyboard.press("Escape");
      const saved = page.waitForEvent("download");
      await stage.palette();
      await page.keyboard.type("export mark");
      await stage.shot("07-palette");
      await stage.accessible("palette");
      await page.keyboard.press("Enter");
      expect((await saved).suggestedFilename() === "Herons and others.md", "the export is named after the title");
      await stage.button("Actions on this conversation").click();
      await page.getByRole("menuitem", { name: "Delete…" }).click();
      await stage.shot("08-delete");
      await stage.button("Delete").click();
      await page.getByRole("heading", { name: "What should be done?" }).waitFor();
      expect((await page.locator(".row", { hasText: "Herons" }).count()) === 0, "it left the list");
    },
  ],
  [
    "settings: colours, a token shown once, what this computer is",
    async (stage) => {
      const { page } = stage;
      await stage.goto("/settings");
      await page.getByLabel("Dark").check();
      expect((await page.evaluate(() => getComputedStyle(document.body).colorScheme)) === "dark", "dark is chosen");
      await stage.button("New token").click();
      await page.getByLabel("Name").fill("page test");
      await stage.button("Make token").click();
      await page.getByText("it is not shown again").waitFor();
      await stage.accessible("settings, dark");
      await stage.shot("09-settings-dark");
      await stage.button("Revoke page test").click();
      await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
      await page.locator(".tokens li", { hasText: "page test" }).waitFor({ state: "detached" });
      await page.getByLabel("As the system").check();
      await stage.shot("10-settings");
      await stage.accessible("settings");
    },
  ],
  [
    "a limit is typed as people write it; a link leads to its section, and only the section moves",
    async (stage) => {
      const { page } = stage;
      await stage.goto("/settings#limits");
      const memory = page.getByLabel("command memory", { exact: true });
      await eventually(
        () => page.locator("#limits").evaluate((it) => it === document.activeElement),
        "the section is led to",
      );
      expect((await page.evaluate(() => document.scrollingElement.scrollTop)) === 0, "the page itself stays");
      expect(await page.evaluate(() => document.scrollingElement.scrollHeight <= innerHeight), "nothing is below it");
      await memory.fill("512 MiB");
      await memory.press("Enter");
      await page.getByRole("button", { name: "Usual value of command memory" }).waitFor();
      expect((await memory.inputValue()) === "536 MB", `it says ${await memory.inputValue()}`);
      await memory.fill("a lot");
      await memory.press("Enter");
      await page.getByText("'a lot' is not a value of command_memory").waitFor();
      stage.complaints = stage.complaints.filter((each) => !each.includes("422 (Unprocessable Content)"));
      await memory.fill("");
      await memory.press("Enter");
      await page.getByRole("button", { name: "Usual value of command memory" }).waitFor({ state: "detached" });
      await page.getByText("'a lot' is not a value").waitFor({ state: "detached" });
      await stage.shot("20-limits");
    },
  ],
  [
    "sub-agents nest while they work, each with its own line",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Compare the reports with three agents");
      // In one look: all three are there before the call that began them is over.
      const at_work = () => document.querySelectorAll(".tool.running .child").length === 3;
      await eventually(() => page.evaluate(at_work), "three children while they work");
      await page.locator(".child").first().locator(".tool-line").first().click();
      await page.locator(".child-story", { hasText: "It goes up." }).waitFor();
      await stage.answered();
      await stage.shot("14-agents");
      await stage.accessible("agents");
    },
  ],
  [
    "a picture and a table that a command made are shown as such",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Draw the sales");
      await stage.answered();
      await page.locator(".tool-line").first().click();
      const chart = page.locator(".picture img");
      await eventually(
        async () => (await chart.evaluate((picture) => picture.naturalWidth)) === 480,
        "the chart is shown",
      );
      await page.getByRole("columnheader", { name: "amount" }).waitFor();
      await stage.shot("15-picture");
      await stage.accessible("picture and table");
      await stage.button("Show as text").click();
      await page.locator(".tool-output", { hasText: "2025-01,1204" }).waitFor();
    },
  ],
  [
    "what a run left that the person's own tools may run is said beside the answer",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Let direnv set STAGE");
      await stage.answered();
      const note = page.locator(".turn.answer .note", {
        hasText: "This run left something that your own tools may run",
      });
      await note.getByText("tools/.git/hooks/post-checkout").waitFor();
      await note.getByRole("button", { name: "made/.envrc" }).click();
      await note.locator(".diff-line.added", { hasText: "+export STAGE=test" }).waitFor();
      for (const scheme of ["light", "dark"]) {
        await stage.colours(scheme);
        await stage.shot(`16-left-${scheme}`);
        await stage.accessible(`left, ${scheme}`);
      }
      await stage.colours("light");
      await page.reload();
      await note.waitFor();
      expect((await note.count()) === 1, "it is said once");
    },
  ],
  [
    "the palette reaches every action, wherever one is",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Say the word one.");
      await stage.answered();
      const asked = page.waitForResponse((response) => response.url().endsWith("/regenerate"));
      await stage.command("answer again");
      await asked;
      await stage.answered();
      await stage.command("new token");
      await page.getByLabel("Name").waitFor();
      await stage.button("Cancel").click();
      await stage.command("test");
      await page.locator(".model-result").first().waitFor({ timeout: 60_000 });
      const chooser = page.waitForEvent("filechooser");
      await stage.command("upload");
      await (await chooser).setFiles({ name: "dropped.txt", mimeType: "text/plain", buffer: Buffer.from("a\n") });
      await page.getByText("1 uploaded.").waitFor();
      await page.locator(".file-name", { hasText: "dropped" }).first().waitFor();
    },
  ],
  [
    "Disconnect ends the session on the server, too",
    async (stage) => {
      const { page } = stage;
      const link = await page.evaluate(async () => {
        const headers = { authorization: `Bearer ${localStorage.getItem("zo.session")}` };
        return (await (await fetch("/api/setup-links", { method: "POST", headers })).json()).url;
      });
      const context = await page.context().browser().newContext();
      const other = await context.newPage();
      await other.goto(`${stage.url}/setup${new URL(link).hash}`);
      await other.getByRole("heading", { name: "What should be done?" }).waitFor();
      const session = await other.evaluate(() => localStorage.getItem("zo.session"));
      await other.goto(`${stage.url}/settings`);
      await other.getByRole("button", { name: "Disconnect this browser" }).click();
      await other.getByText("not connected").waitFor();
      const status = await other.evaluate(
        async (secret) => (await fetch("/api/computer", { headers: { authorization: `Bearer ${secret}` } })).status,
        session,
      );
      expect(status === 401, `the session is refused from then on: ${status}`);
      await context.close();
    },
  ],
  [
    "on a phone everything is one column with a bar below",
    async (stage) => {
      const { page } = stage;
      await stage.resize(390, 844);
      await stage.fresh_chat();
      await stage.shot("11-phone-empty");
      await stage.ask("What is the sha256 of notes.txt?");
      await stage.answered();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide <= 390, `nothing sticks out: ${wide} px`);
      await stage.shot("12-phone-answer");
      await stage.accessible("phone");
      await stage.button("Conversations").click();
      await page.locator(".list .row").first().waitFor();
      await stage.shot("13-phone-list");
      await stage.accessible("phone, list");
      await page.locator(".list .row a").first().click();
      await page.locator(".list").waitFor({ state: "hidden" });
      await stage.resize(1280, 800);
    },
  ],
];

/** The text of the newest answer as it stands. */
async function written(stage) {
  return (await stage.page.locator(".turn.answer .markdown").allTextContents()).join(" ");
}

function letters(text) {
  return text.replaceAll(/[^\p{L}\p{N}]/gu, "");
}
