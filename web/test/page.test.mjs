// The page in a real Chromium, against the real server when ZO_URL and ZO_SETUP_URL are set, against the mock server
// otherwise. PAGE_SHOTS names a folder for pictures; ONLY=word runs the scenarios whose name holds it.
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";
import { MockServer } from "./mock_server.mjs";
import { scenarios } from "./scenarios.mjs";
import { mock_scenarios } from "./scenarios_mock.mjs";
import { Stage } from "./stage.mjs";

const mock = process.env.ZO_SETUP_URL ? null : await new MockServer().start();
const setup_url = process.env.ZO_SETUP_URL ?? mock.setup_url;
const url = process.env.ZO_URL ?? new URL(setup_url).origin;
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
  ],
});

const stage = await Stage.open(browser, { url, setup_url, mock, shots });
let failed = 0;
for (const [name, scenario] of [...scenarios, ...(mock ? mock_scenarios : [])]) {
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
await mock?.stop();
console.log(failed === 0 ? "The page holds." : `${failed} scenarios failed.`);
process.exit(failed === 0 ? 0 : 1);
