// The page in a real Chromium, against the real program with a scripted model (server.mjs). With ZO_URL and ZO_SETUP_URL: against
// that server and whatever model it has. PAGE_SHOTS names a folder for pictures; ONLY=word runs the scenarios whose name holds it;
// PAGE_DIST names a folder with the page to test instead of the program's.
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";
import { scenarios } from "./scenarios.mjs";
import { automation_scenarios } from "./scenarios_automations.mjs";
import { chat_scenarios } from "./scenarios_chat.mjs";
import { file_scenarios } from "./scenarios_files.mjs";
import { key_scenarios } from "./scenarios_keys.mjs";
import { scripted_scenarios } from "./scenarios_scripted.mjs";
import { kResolverRules, Server } from "./server.mjs";
import { Stage } from "./stage.mjs";

const server = process.env.ZO_SETUP_URL ? null : await new Server().open();
const setup_url = process.env.ZO_SETUP_URL ?? server.setup_url;
const url = process.env.ZO_URL ?? server.url;
const shots = process.env.PAGE_SHOTS ?? null;
if (shots) mkdirSync(shots, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: [
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    `--host-resolver-rules=${kResolverRules}`,
  ],
});

const stage = await Stage.open(browser, { url, setup_url, server, shots });
let failed = 0;
for (const [name, scenario] of [
  ...scenarios,
  ...file_scenarios,
  ...(server ? [...chat_scenarios, ...key_scenarios, ...scripted_scenarios, ...automation_scenarios] : []),
]) {
  if (process.env.ONLY && !name.includes(process.env.ONLY) && !name.startsWith("setup")) continue;
  const began = Date.now();
  try {
    await scenario(stage);
    stage.assert_quiet();
    console.log(`ok    ${name} (${Date.now() - began} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n${error.stack ?? error}`);
    await stage.shot(`failed-${name.replaceAll(/\W+/g, "-")}`);
    stage.complaints.length = 0;
  }
}
await browser.close();
console.log(failed === 0 ? "The page holds." : `${failed} scenarios failed.`);
process.exit(failed === 0 ? 0 : 1);
