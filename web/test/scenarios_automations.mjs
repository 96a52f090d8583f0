// Automations: made with a look at when they come, run, paused, and looked at in a list, a history and a calendar.
import { eventually, expect } from "./stage.mjs";

const kMinuteMs = 60_000;

export const automation_scenarios = [
  [
    "automations: the first is made from an example, and a rule that cannot be read is said while it is typed",
    async (stage) => {
      const { page } = stage;
      await stage.goto("/automations");
      await page.getByRole("heading", { name: "Nothing runs by itself yet" }).waitFor();
      await looks(stage, "60-automations-none");
      await page.getByRole("link", { name: "A summary of my notes each weekday at 8" }).click();
      const every = page.getByLabel("Every", { exact: true });
      await eventually(async () => (await every.inputValue()) === "every weekday at 8", "the example fills the editor");
      await page.locator(".editor-next li").nth(4).waitFor();
      stage.forgiving = true;
      await every.fill("every blursday at 8");
      await page.locator("#automation-comes .editor-wrong").waitFor();
      expect(await stage.button("Make automation").isDisabled(), "what is wrong cannot be kept");
      await looks(stage, "61-editor-wrong");
      await every.fill("FREQ=DAILY;UNTIL=20200101T000000Z");
      await page.getByText("This rule never comes again.").waitFor();
      stage.forgiving = false;
      await every.fill("every day at 7");
      await page.locator(".editor-next li").nth(4).waitFor();
      await page.getByLabel("Name").fill("");
      await stage.button("Make automation").click();
      await page.getByText("It needs a name.").waitFor();
      const focused = () => page.evaluate(() => document.activeElement.id);
      expect((await focused()) === "automation-name", `the focus is where something is missing: ${await focused()}`);
      await page.getByLabel("Name").fill("Notes");
      await page.getByLabel("What is to be done").fill("Say the word one.");
      await page.getByText("More: model, tools, network").click();
      await page.getByLabel("A run takes at most").fill("soon");
      await stage.button("Make automation").click();
      await page.getByText("Write a time like 5m, 2 h or 1 day.").waitFor();
      await page.getByLabel("A run takes at most").fill("5m");
      await page.getByLabel("All, also those to come").uncheck();
      await looks(stage, "62-editor-more");
      await page.getByLabel("All, also those to come").check();
      await stage.button("Make automation").click();
      await page.getByRole("heading", { name: "Notes" }).waitFor();
      await page.locator(".one-next li").nth(4).waitFor();
      await page.getByText("It never ran.").waitFor();
      const [made] = (await stage.api("GET", "/api/automations")).items;
      expect(made.every === "every day at 7" && made.run_ms_most === 5 * kMinuteMs, JSON.stringify(made));
    },
  ],
  [
    "automations: one is run now, seen to run and to end without a reload, and its conversation is found",
    async (stage) => {
      const { page } = stage;
      await stage.goto("/automations");
      await page.getByText("Never ran").waitFor();
      await page.getByRole("button", { name: "Run now Notes" }).click();
      await page.getByText(/Last succeeded/).waitFor({ timeout: 30_000 });
      await looks(stage, "63-automations");
      await page.getByRole("link", { name: "Notes", exact: true }).click();
      await page.locator(".history-row", { hasText: "succeeded" }).waitFor();
      await page.locator(".history-row", { hasText: "started by hand" }).waitFor();
      await stage.button("Run now").click();
      await eventually(
        async () => (await page.locator(".history-row .stand.ok").count()) === 2,
        "the second time is there, too",
        30_000,
      );
      await looks(stage, "64-history");
      await page
        .getByRole("link", { name: /^Conversation/ })
        .first()
        .click();
      await page.waitForURL(/\/c\//);
      await page.locator(".turn.answer").waitFor();
      await page.goBack();
      await page.locator(".history-row").first().waitFor();
    },
  ],
  [
    "automations: one is paused, resumed, changed and found by the palette",
    async (stage) => {
      const { page } = stage;
      await stage.goto("/automations");
      await page.getByRole("button", { name: "Actions on Notes" }).click();
      await page.getByRole("menuitem", { name: "Pause" }).click();
      await page.getByText("Paused by you").waitFor();
      expect((await page.locator(".automation-facts", { hasText: "Next" }).count()) === 0, "nothing comes next");
      await stage.command("Notes Automation");
      await page.getByRole("heading", { name: "Notes" }).waitFor();
      await page.getByText("Paused by you.").waitFor();
      await stage.button("Resume").click();
      await page.locator(".one-next li").first().waitFor();
      await stage.button("Actions on Notes").click();
      await page.getByRole("menuitem", { name: "Edit" }).click();
      const start = page.getByLabel("Begins (empty: now)");
      const before = await start.inputValue();
      expect(before !== "", "a start stands there");
      await page.getByLabel("Every", { exact: true }).fill("every 2 hours");
      expect((await start.inputValue()) === "", "another rule begins now");
      await page.getByText("PT2H").or(page.getByText("INTERVAL=2")).first().waitFor();
      await page.getByLabel("A file of the workspace changes").fill("inbox/*.pdf");
      await stage.button("Tell somebody").click();
      await page.getByLabel("How it is told").selectOption("email");
      await page.getByLabel("Where to").fill("me@example.org");
      await page.getByRole("button", { name: "Do not tell me@example.org" }).waitFor();
      await looks(stage, "65-editor-edit");
      await page.getByRole("button", { name: "Do not tell me@example.org" }).click();
      await stage.button("Save").click();
      await page.getByText("every 2 hours").waitFor();
    },
  ],
  [
    "automations: one is started by its link, which the page shows once it is kept",
    async (stage) => {
      const { page } = stage;
      const [{ id }] = (await stage.api("GET", "/api/automations")).items;
      await stage.goto(`/automations/${id}/edit`);
      await page.getByLabel("A link of its own is called").check();
      await page.getByText("The link stands here once the automation is kept.").waitFor();
      await stage.button("Save").click();
      const link = page.locator(".one-link code");
      await link.waitFor();
      const address = await link.textContent();
      expect(address.startsWith(`${stage.url}/hooks/${id}/`), `the link is one of this page's server: ${address}`);
      await page.evaluate((address) => fetch(address, { method: "POST", body: "a paper came in" }), address);
      const row = page.locator(".history-row", { hasText: "its link was called" });
      await row.locator(".stand.ok").waitFor({ timeout: 30_000 });
      await row.getByText("What it was told").click();
      await row.getByText("a paper came in").waitFor();
      expect((await link.textContent()) === address, "what changes does not take the link away");
      await looks(stage, "74-link");
    },
  ],
  [
    "automations: the calendar shows a month, a week and a day, in which many times are one line",
    async (stage) => {
      const { page } = stage;
      const [{ id, name }] = (await stage.api("GET", "/api/automations")).items;
      await stage.goto("/automations/calendar");
      await page.locator(".month .today .entry.ok", { hasText: name }).first().waitFor();
      await looks(stage, "75-calendar-now");
      await page.route("**/api/calendar?*", (route) => route.fulfill({ json: calendar_of(id, route.request().url()) }));
      await stage.goto("/automations/calendar?day=2026-03-18");
      await page.getByRole("heading", { name: "March 2026" }).waitFor();
      expect((await page.locator(".month tbody tr").count()) === 5, "five weeks, each whole");
      expect(
        (await page.locator(".month th").first().textContent()) === "Sun",
        "a week begins as it does where the browser is from",
      );
      await page.locator(".month .entry", { hasText: "Watch the log" }).first().waitFor();
      await page
        .getByRole("link", { name: /^\+\d+ more on/ })
        .first()
        .waitFor();
      await looks(stage, "66-month");
      const number = page.locator('[data-day="2026-03-18"]');
      await number.focus();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowRight");
      const focused = () => page.evaluate(() => document.activeElement.dataset.day);
      expect((await focused()) === "2026-03-26", `arrow keys walk from day to day: ${await focused()}`);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: /^Thursday,? 26 March 2026$/ }).waitFor();
      await looks(stage, "67-day");
      await page.getByRole("link", { name: "Week", exact: true }).click();
      await page.getByRole("heading", { name: /^22.+28 Mar 2026$/ }).waitFor();
      await looks(stage, "68-week");
      await stage.button("Next week").click();
      await page.getByRole("heading", { name: /^29 Mar.+4 Apr 2026$/ }).waitFor();
      await stage.button("Today").click();
      await page.locator('.week [aria-current="date"]').waitFor();
      await page.unroute("**/api/calendar?*");
    },
  ],
  [
    "automations: jobs are listed, asked why, cancelled and begun again, and a queue is paused",
    async (stage) => {
      const { page } = stage;
      await stage.goto("/automations/jobs");
      await page.locator(".job").first().waitFor();
      await page.getByRole("button", { name: "Pause automations" }).click();
      await page.getByRole("button", { name: "Resume automations" }).waitFor();
      const [{ id }] = (await stage.api("GET", "/api/automations")).items;
      await stage.api("POST", `/api/automations/${id}/run`, "{}");
      const waiting = page.locator(".job", { hasText: "ready" });
      await waiting.first().waitFor();
      await waiting.getByRole("button", { name: /^Why/ }).first().click();
      await page.locator(".job-why [role=status]", { hasText: "paused" }).waitFor();
      await looks(stage, "69-jobs");
      await waiting
        .getByRole("button", { name: /^Cancel/ })
        .first()
        .click();
      await page.locator(".job", { hasText: "cancelled" }).first().waitFor();
      await page.getByRole("button", { name: "Resume automations" }).click();
      await page.getByRole("button", { name: "Pause automations" }).waitFor();
      await page.getByLabel("Queue", { exact: true }).selectOption("automations");
      await page.getByLabel("State").selectOption("cancelled");
      await eventually(async () => (await page.locator(".job").count()) === 1, "only what was cancelled");
      await page.getByRole("button", { name: /^Retry/ }).click();
      await page.getByLabel("State").selectOption("");
      await eventually(async () => (await page.locator(".job .stand.busy").count()) === 0, "all is done", 30_000);
    },
  ],
  [
    "automations: whatever became of one is said in words, in the list and in the history",
    async (stage) => {
      const { page } = stage;
      const [one] = (await stage.api("GET", "/api/automations")).items;
      const all = kinds_of(one);
      const shown = { automation: all[0], next: [], lateness_p95_ms: 2_300 };
      const history = history_of(one.id);
      const routes = {
        "**/api/automations": { items: all },
        "**/api/automations/*": shown,
        "**/api/automations/*/history?*": { items: history, next: "1" },
      };
      for (const [path, json] of Object.entries(routes)) await page.route(path, (route) => route.fulfill({ json }));
      await stage.goto("/automations");
      await page.getByText("Paused: it failed 10 times in a row").waitFor();
      await page.getByText(/Failed 3 times in a row: held back until/).waitFor();
      await page.getByText("when its link is called, or when inbox/*.pdf changes").waitFor();
      await looks(stage, "70-automations-kinds");
      await page.getByRole("link", { name: all[0].name, exact: true }).click();
      await page.getByText("19 of 20 times it begins at most 2.3 s late.").waitFor();
      await page.getByText("The result was not delivered: 503 from example.org").waitFor();
      await page.getByText(`${stage.url}/hooks/k0/of-its-own`).waitFor();
      await page.getByText("What it was told").click();
      await looks(stage, "71-history-kinds");
      for (const path of Object.keys(routes)) await page.unroute(path);
    },
  ],
  [
    "automations: the mail server is kept, tried and removed, and its password stands nowhere",
    async (stage) => {
      const { page } = stage;
      let kept = null;
      const sent = [];
      await page.route("**/api/mail", (route) => {
        const request = route.request();
        if (request.method() === "DELETE") kept = null;
        if (request.method() === "PUT") {
          const { password, ...rest } = request.postDataJSON();
          kept = { ...rest, has_password: Boolean(password) || kept?.has_password === true };
          sent.push(password);
        }
        return request.method() === "GET" ? route.fulfill({ json: { mail: kept } }) : route.fulfill({ status: 204 });
      });
      const failure = { error: { code: "unavailable", message: "smtp.example.org does not answer" } };
      await page.route("**/api/mail/test", (route) => {
        const works = route.request().postDataJSON().to === "me@example.org";
        return works ? route.fulfill({ status: 204 }) : route.fulfill({ status: 502, json: failure });
      });
      await stage.goto("/settings#mail");
      await page.getByLabel("Server", { exact: true }).fill("smtps://smtp.example.org:465");
      await page.getByLabel("From", { exact: true }).fill("zo@example.org");
      await page.getByLabel("User, if the server asks for one").fill("zo");
      await page.locator("#mail-password").fill("hunter2");
      await looks(stage, "72-mail-form");
      await stage.button("Keep").click();
      await page.getByText("zo, with a password").waitFor();
      expect(sent.join() === "hunter2", "the password is sent once");
      expect(!(await page.content()).includes("hunter2"), "and stands nowhere in the page");
      stage.forgiving = true;
      await page.getByLabel("Send a test to").fill("nobody@example.org");
      await stage.button("Send a test").click();
      await page.getByText("smtp.example.org does not answer").waitFor();
      stage.forgiving = false;
      await page.getByLabel("Send a test to").fill("me@example.org");
      await stage.button("Send a test").click();
      await page.getByText("The server took it for me@example.org.").waitFor();
      await looks(stage, "73-mail");
      await page.locator("#mail + p ~ .choices").getByRole("button", { name: "Change" }).click();
      await stage.button("Keep").click();
      await page.getByText("zo, with a password").waitFor();
      expect(sent[1] === undefined, "a password that is not typed stays as it is");
      await stage.button("Remove… the mail server").click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await page.getByLabel("Server", { exact: true }).waitFor();
      await page.unroute("**/api/mail");
      await page.unroute("**/api/mail/test");
    },
  ],
  [
    "automations: one is removed, once that was confirmed",
    async (stage) => {
      const { page } = stage;
      await stage.goto("/automations");
      await page.getByRole("button", { name: "Actions on Notes" }).click();
      await page.getByRole("menuitem", { name: "Remove…" }).click();
      await page.getByRole("dialog", { name: "Remove Notes?" }).waitFor();
      await stage.accessible("removing an automation");
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await page.getByRole("heading", { name: "Nothing runs by itself yet" }).waitFor();
    },
  ],
];

/** A calendar with much in it: each weekday at 8, one every half hour, and one that went wrong. */
function calendar_of(automation_id, address) {
  const { searchParams } = new URL(address);
  const from = Date.parse(searchParams.get("from"));
  const until = Date.parse(searchParams.get("until"));
  const now = Date.parse("2026-03-18T12:00:00Z");
  const items = [];
  const add = (name, at, past, reason = "") =>
    items.push({
      ...{
        automation_id: name === "Invoices" ? automation_id : name,
        name,
        at: new Date(at).toISOString(),
        state: at < now ? past : "planned",
        reason,
      },
      ...{ run_id: null, conversation_id: null, late_ms: at < now ? 1_200 : 0 },
    });
  for (let at = from; at < until; at += 30 * kMinuteMs) {
    const time = new Date(at);
    const hour = time.getUTCHours() + time.getUTCMinutes() / 60;
    const weekday = time.getUTCDay();
    if (hour === 8 && weekday % 6 !== 0) add("Morning notes, with a name that is long", at, "succeeded");
    if (hour === 9.5 && weekday === 1) add("Invoices", at, "failed", "the model did not answer");
    if (hour === 18 && weekday === 0) add("Tidy up", at, "missed", "nothing ran here");
    if (weekday === 4 && hour >= 9 && hour < 17) add("Watch the log", at, "succeeded");
    if (weekday === 4 && hour >= 18 && hour % 1 === 0) add(`Backup ${hour}`, at, "skipped", "an earlier one works");
  }
  return { items, is_cut: false };
}

/** One automation as many, each standing another way. */
function kinds_of(one) {
  const soon = (minutes) => new Date(Date.now() + minutes * kMinuteMs).toISOString();
  const none = {
    ...{ deliver: [], on_hook: false, hook_link: null, on_file: "", on_automation: null },
    on_outcome: "any",
  };
  const link = {
    every: "",
    on_hook: true,
    hook_link: "http://127.0.0.1:1/hooks/k0/of-its-own-4f1c9a0e7d5b4c2f8e6a",
    on_file: "inbox/*.pdf",
  };
  const deliver = [
    { kind: "email", to: "me@example.org" },
    { kind: "web_hook", to: "https://example.org/hook" },
  ];
  const kinds = [
    { name: "A paper came in", ...link, deliver, next_at: null },
    {
      name: "Backup",
      failures: 10,
      paused_at: soon(-60),
      paused_reason: "paused: it failed 10 times in a row, at last: the disk is full",
      next_at: null,
    },
    { name: "Invoices", failures: 3, held_until_at: soon(4) },
    { name: "Summary of all", every: "", on_automation: "k2", on_outcome: "succeeded", next_at: null },
    {
      name: "Watch the log, whose name is as long as a name may be before it is too long for one line",
      next_at: soon(12),
    },
  ];
  return kinds.map((kind, index) => ({ ...one, ...none, ...kind, id: `k${index}` }));
}

/** A time of each kind. */
function history_of(automation_id) {
  const at = (index) => new Date(Date.now() - index * 47 * kMinuteMs).toISOString();
  const kinds = [
    { state: "begun", cause: "person", finished_at: null },
    {
      state: "succeeded",
      cause: "hook",
      input: '{"paper": "a.pdf"}',
      undelivered: "503 from example.org",
      conversation_id: "c",
      run_id: "r",
      tokens: 5_210,
    },
    {
      state: "failed",
      reason: "the model did not answer within 5 minutes",
      late_ms: 2_300,
      conversation_id: "c",
      run_id: "r",
    },
    { state: "missed", reason: "nothing ran here; 3 more before it", cause: "time" },
    { state: "skipped", reason: "an earlier one works", cause: "file", cause_detail: "inbox/a paper.pdf" },
    { state: "cancelled", reason: "stopped by you", cause: "automation", cause_detail: "Backup succeeded" },
  ];
  const plain = {
    cause: "time",
    cause_detail: "",
    reason: "",
    late_ms: 0,
    job_id: null,
    run_id: null,
    conversation_id: null,
  };
  return kinds.map((kind, index) => ({
    ...{ automation_id, at: at(index), created_at: at(index), finished_at: at(index - 0.1), tokens: 0 },
    ...{ ...plain, input: "", undelivered: "" },
    ...kind,
  }));
}

/** Wide and narrow, light and dark: each a picture, held to the rules of access, and nothing sticks out. */
async function looks(stage, name) {
  for (const width of [390, 1280]) {
    await stage.resize(width, 844);
    const wide = await stage.page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide <= width, `${name}: nothing sticks out: ${wide} px`);
    for (const scheme of ["dark", "light"]) {
      await stage.colours(scheme);
      await stage.shot(`${name}-${width}-${scheme}`);
      await stage.accessible(`${name}, ${scheme}, ${width} px`);
    }
  }
}
