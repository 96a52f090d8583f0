// Run by foreign_listener.py: a person sets the page up and uses it, with pages of the listener open in the same browser.
import assert from "node:assert/strict";

const { chromium } = await import(process.env.PLAYWRIGHT);
const { ZO_URL: zo, ZO_SETUP_URL: setup_url, FOREIGN_URL: foreign_url } = process.env;
const kRefused = [401, 403, 421];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  headless: true,
  args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});
const context = await browser.newContext();

// What ZoClone answered to pages of the listener, their frames and the windows they opened.
const answered = [];
function watch(page) {
  page.on("popup", watch);
  page.on("response", (reply) => {
    if (reply.url().startsWith(zo)) answered.push({ asked: `${reply.request().method()} ${reply.url()}`, status: reply.status() });
  });
}

async function attack(page, url) {
  const before = answered.length;
  await page.goto(`${url}/attack`);
  await page.waitForFunction(() => window.told, null, { timeout: 60_000 });
  const told = await page.evaluate(() => window.told);
  for (const [way, gave] of Object.entries(told)) assert(!/^(read|loaded)/.test(gave), `${way} from ${url} gave: ${gave}`);
  const replies = answered.slice(before);
  assert(replies.length >= 6, `the attempts reached ZoClone: ${JSON.stringify(replies)}`);
  for (const { asked, status } of replies) assert(kRefused.includes(status), `${asked} from ${url} was answered ${status}`);
}

const foreign = await context.newPage();
watch(foreign);
const by_name = foreign_url.replace("127.0.0.1", "localhost");
await attack(foreign, foreign_url);

const page = await context.newPage();
page.setDefaultTimeout(15_000);
await page.goto(setup_url);
await page.getByRole("button", { name: "Start", exact: true }).click();
await page.locator("#composer").waitFor();
await attack(foreign, foreign_url);

await page.locator("#composer").fill("Show me the link.");
await page.locator("#composer").press("Enter");
const link = page.getByRole("link", { name: "the foreign page" });
await link.waitFor();
await page.locator(".turn.answer .turn-actions").last().waitFor({ state: "attached" });
const [linked] = await Promise.all([context.waitForEvent("page"), link.click()]);
await linked.waitForLoadState();
assert.equal(new URL(linked.url()).pathname, "/linked");
assert.deepEqual(await linked.evaluate(() => [document.referrer, window.opener === null, window.name]), ["", true, ""]);

watch(linked);
await attack(linked, foreign_url);
await attack(foreign, by_name);
const session = await page.evaluate(() => localStorage.getItem("zo.session"));
await browser.close();
console.log(JSON.stringify({ session }));
