// Keys of model providers: given, tried, chosen, taken, removed, and the many models that they bring.
import { Provider } from "./provider.mjs";
import { eventually, expect } from "./stage.mjs";

const kKey = "sk-right-key-4321";

export const key_scenarios = [
  [
    "keys: that there is none, or that none can be opened, is said in a sentence",
    async (stage) => {
      const { page } = stage;
      const problem = "The key file does not open what is sealed. Put back the one of before.";
      const none = (route) => route.fulfill({ json: { items: [], problem } });
      await page.route("**/api/keys", none);
      await stage.goto("/settings");
      await page.getByText(problem).waitFor();
      await page.getByText("There is none yet").waitFor();
      await page.unroute("**/api/keys", none);
    },
  ],
  [
    "keys: one of the environment is taken into the vault with a click, chosen by a radio, removed once that was confirmed",
    async (stage) => {
      const { page } = stage;
      await stage.goto("/settings");
      const of_environment = row(stage, "OPENAI_API_KEY");
      await of_environment.getByText("from the environment").waitFor();
      await stage.button("Take into the vault OPENAI_API_KEY").click();
      await page.getByText("OPENAI_API_KEY is in the vault as openai.").waitFor();
      const radios = page.getByRole("radiogroup", { name: "The key that OpenAI is asked with" });
      await radios.getByLabel("OPENAI_API_KEY").check();
      await page.reload();
      await eventually(async () => await radios.getByLabel("OPENAI_API_KEY").isChecked(), "the choice stays");
      await stage.button("Test OPENAI_API_KEY").click();
      await of_environment.getByText("Works: 1 model").waitFor();
      await looks(stage, "53-keys", of_environment);
      await stage.button("Remove openai").click();
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
      await row(stage, "openai").waitFor();
      await stage.button("Remove openai").click();
      await stage.accessible("remove a key");
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await page.getByText("openai was removed.").waitFor();
      await eventually(async () => (await page.locator(".key").count()) === 1, "only the environment's is left");
    },
  ],
  [
    "keys: a wrong one is said in words and can go at once; a good one stays covered, and stands nowhere in the page",
    async (stage) => {
      const { page } = stage;
      const provider = await new Provider(kKey, 300).open();
      await stage.goto("/settings");
      await open_form(stage, provider.url);
      await page.getByLabel("Key", { exact: true }).fill("sk-wrong-key-0000");
      expect((await page.locator("#key-secret").getAttribute("type")) === "password", "a key is covered");
      await stage.button("Show the key").click();
      expect((await page.locator("#key-secret").getAttribute("type")) === "text", "unless asked to show it");
      await stage.button("Show the key").click();
      expect((await page.locator("#key-name").inputValue()) === "own", "a name is proposed");
      await page.locator("#key-name").fill("shelf");
      await looks(stage, "54-new-key", page.locator("#key-secret"));
      await stage.button("Add and test").click();
      await row(stage, "shelf").getByText("refused the key").waitFor();
      await looks(stage, "55-wrong-key", row(stage, "shelf"));
      await stage.button("Keep anyway").waitFor();
      await stage.button("Remove it").click();
      await row(stage, "shelf").waitFor({ state: "detached" });

      await open_form(stage, provider.url);
      await page.locator("#key-name").fill("shelf");
      await page.getByText("More headers").click();
      await page.getByLabel("Headers to send").fill("X-Team: red");
      await page.getByLabel("Key", { exact: true }).fill(kKey);
      await page.keyboard.press("Enter");
      await row(stage, "shelf").getByText("Works: 300 models").waitFor();
      await row(stage, "shelf").getByText("ends in 4321").waitFor();
      await row(stage, "shelf")
        .getByText(/sends x-team, too/i)
        .waitFor();
      expect(provider.seen.at(-1)["x-team"] === "red", "the header is sent");
      const places = await page.evaluate(() => document.documentElement.outerHTML + JSON.stringify(localStorage));
      expect(!places.includes("sk-right") && !places.includes(": red"), "the key stands nowhere");

      // One that was not taken need not be pasted again.
      await open_form(stage, provider.url);
      await page.locator("#key-name").fill("shelf");
      await page.getByLabel("Key", { exact: true }).fill(kKey);
      stage.forgiving = true;
      await stage.button("Add and test").click();
      await page.getByText("there is a key named 'shelf' already").waitFor();
      stage.forgiving = false;
      expect((await page.locator("#key-secret").inputValue()) === kKey, "what was pasted is still there");
      await stage.button("Cancel").click();
      await eventually(
        async () => await stage.button("Add a key").evaluate((each) => each === document.activeElement),
        "the focus is back",
      );
      await many_models(stage, provider);
      await page.getByText("How keys are kept").click();
      await stage.button("Seal anew").click();
      await page.getByText("1 key sealed anew.").waitFor();
      await stage.button("Test shelf").click();
      await row(stage, "shelf").getByText("Works: 300 models").waitFor();
      await stage.button("Remove shelf").click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await row(stage, "shelf").waitFor({ state: "detached" });
      await eventually(
        async () => (await page.locator('[id^="model-shelf/"]').count()) === 0,
        "its models went with it",
      );
      provider.close();
    },
  ],
  [
    "keys: where a provider refused the key, a link leads to them",
    async (stage) => {
      const { page } = stage;
      await stage.fresh_chat();
      await stage.ask("Refuse this");
      await page.getByText("refused the key").waitFor();
      await page.getByRole("link", { name: "Keys", exact: true }).click();
      await eventually(async () => (await page.evaluate(() => document.activeElement?.id)) === "keys", "at the keys");
      await page.getByRole("heading", { name: "Keys", exact: true }).waitFor();
      expect(new URL(page.url()).hash === "#keys", "and the address says so");
    },
  ],
];

/** Hundreds of models: the list and the picker are searched, and one of them answers. */
async function many_models(stage, provider) {
  const { page } = stage;
  const search = page.getByLabel(/^Search \d+ models$/);
  await search.waitFor();
  const of_shelf = page.getByRole("group", { name: "shelf" }).first().getByRole("radio");
  expect((await of_shelf.count()) === 8, "the beginning of each provider's");
  await looks(stage, "56-many-models", search);
  await search.fill("model-299");
  await eventually(async () => (await page.locator('[id^="model-"][type="radio"]').count()) === 1, "one is found");
  await search.fill("zebra");
  await page.getByText("No model is called “zebra”.").waitFor();
  await search.fill("");
  await page.getByRole("button", { name: /^\d+ more of shelf$/ }).click();
  expect((await of_shelf.count()) === 200, "more of them when asked");

  const asked = provider.seen.length;
  await stage.button("Ask the providers for their models").click();
  await eventually(() => provider.seen.length > asked, "the provider is asked");
  await stage.button("Ask the providers for their models").waitFor();

  await stage.fresh_chat();
  await page.getByRole("button", { name: /^Model: / }).click();
  await page.keyboard.type("maker 299");
  await eventually(async () => (await page.locator(".menu-item").count()) === 1, "the picker is searched, too");
  await stage.shot("57-picker-search");
  await stage.accessible("picker, searched");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Model: .*model-299/ }).waitFor();
  await stage.ask("Who answers?");
  await page.locator(".turn.answer", { hasText: "From the shelf." }).waitFor();
  await stage.answered();
  await stage.goto("/settings");
  await row(stage, "shelf")
    .getByText(/last used/)
    .waitFor();
}

function row(stage, name) {
  const named = stage.page.locator(".model-name").getByText(name, { exact: true });
  return stage.page.locator(".key", { has: named });
}

async function open_form(stage, address) {
  const { page } = stage;
  await stage.button("Add a key").click();
  await page.getByLabel("Provider").selectOption("");
  await page.getByLabel("Address").fill(address);
}

/** Without a barrier, light and dark, wide and on a phone, with what is looked at in sight. */
async function looks(stage, name, what) {
  for (const scheme of ["light", "dark"]) {
    await stage.colours(scheme);
    for (const width of [1280, 390]) {
      await stage.resize(width, 800);
      await what.scrollIntoViewIfNeeded();
      await stage.shot(`${name}-${scheme}-${width}`);
      await stage.accessible(`${name}, ${scheme}, ${width} px`);
      const wide = await stage.page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide <= width, `nothing sticks out: ${wide} px`);
    }
  }
  await stage.resize(1280, 800);
  await stage.colours("light");
}
