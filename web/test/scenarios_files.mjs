// The workspace in the page: files are looked at, renamed, moved, deleted and brought back.
import { eventually, expect } from "./stage.mjs";

const kPixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC";
const kHostile = "<img src=x onerror='window.broken = 1'><script>window.broken = 1</script>";
const kDrawing = `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80" onload="window.broken = 1">
<style>rect { fill: #2457c5 }</style><script>window.top.broken = 1</script><rect width="120" height="80"/></svg>`;

export const file_scenarios = [
  [
    "a file is looked at without downloading it, and nothing in it runs",
    async (stage) => {
      const { page } = stage;
      const complain = () => stage.complaints.push("a download");
      page.on("download", complain);
      const code = Array.from({ length: 60 }, (_, index) => `int line_${index + 1} = ${index};  // one`).join("\n");
      const rows = Array.from({ length: 300 }, (_, index) => `${index},"Ada, the ${index}th",${index * 1.5}`).join(
        "\n",
      );
      await put(stage, "look/program.cc", code);
      await put(stage, "look/readme.md", `# The ships\n\n${kHostile}\n\n![a pixel](pixel.png)\n\n- one\n- two\n`);
      await put(stage, "look/ships.csv", `number,name,length\n${rows}\n`);
      await put(stage, "look/page.html", `<h1>Title</h1>${kHostile}`);
      await put(stage, "look/drawing.svg", kDrawing);
      await put(stage, "look/pixel.png", Buffer.from(kPixel, "base64"));
      await put(stage, "look/paper.pdf", pdf_of("Hello from a PDF"));
      await put(stage, "look/program.bin", new Uint8Array([127, 69, 76, 70, 0, 1, 2]));
      await put(stage, "look/long.log", "a line of a log that goes on and on\n".repeat(20_000));
      await stage.goto("/files?path=look");
      const open = async (name) => {
        await page.locator(".file-name", { hasText: name }).click();
        await page.getByRole("heading", { name, exact: true }).waitFor();
      };
      const back = async () => {
        await page.getByRole("button", { name: "look", exact: true }).click();
        await page.locator(".file-name", { hasText: "readme.md" }).waitFor();
      };

      await open("program.cc");
      await page.locator(".hljs-type").first().waitFor();
      expect((await page.locator(".source-numbers").textContent()).endsWith("59\n60"), "every line has its number");
      await shots(stage, "40-code");
      await back();
      const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
      await eventually(async () => (await focused()) === "program.cc", "back, the focus is where one was");

      await open("readme.md");
      await page.getByRole("heading", { name: "The ships" }).waitFor();
      await page.locator(".markdown", { hasText: "window.broken" }).waitFor();
      await eventually(
        () => page.locator(".markdown img").evaluate((picture) => picture.naturalWidth === 10),
        "a picture beside the file is shown",
      );
      await shots(stage, "41-markdown");
      await stage.button("Text").click();
      await page.locator(".source", { hasText: "# The ships" }).waitFor();
      await back();

      await open("ships.csv");
      await page.getByRole("columnheader", { name: "length" }).waitFor();
      await page.getByRole("cell", { name: "Ada, the 7th" }).waitFor();
      await page.getByText("100 more rows").waitFor();
      await shots(stage, "42-table");
      await back();

      await open("page.html");
      await page.locator(".source", { hasText: "<h1>Title</h1>" }).waitFor();
      await back();

      await open("drawing.svg");
      const natural = (name) => page.getByRole("img", { name }).evaluate((picture) => picture.naturalWidth);
      await eventually(async () => (await natural("drawing.svg")) === 120, "the drawing is shown");
      await shots(stage, "43-drawing");
      await back();
      await open("pixel.png");
      await eventually(async () => (await natural("pixel.png")) === 10, "the picture is shown");
      await back();

      await open("program.bin");
      await page.getByText("This is no text").waitFor();
      await stage.shot("44-binary");
      await back();

      await open("long.log");
      await page.getByText("Only the first 262 KB of 720 KB are shown.").waitFor();
      await stage.accessible("a file that is cut");
      await back();

      await open("paper.pdf");
      const viewer = () => page.frames().some((frame) => frame.url().startsWith("chrome-extension://"));
      await eventually(viewer, "the browser's own viewer shows the PDF");
      expect(
        (await page.locator(".viewer-pdf").contentFrame().locator("body").count()) === 1,
        "it stands in its frame",
      );
      await new Promise((resolve) => setTimeout(resolve, stage.shots ? 1500 : 0));
      await stage.shot("45-pdf");
      await stage.accessible("a PDF");
      expect((await page.evaluate(() => window.broken)) === undefined, "nothing in them ran");
      await stage.resize(390, 844);
      await stage.goto("/files?path=look%2Fprogram.cc");
      await page.locator(".source").waitFor();
      await narrow(stage, "46-phone-code");
      await stage.resize(1280, 800);
      page.off("download", complain);
    },
  ],
  [
    "files are made, renamed, moved, deleted and brought back with the keyboard alone",
    async (stage) => {
      const { page } = stage;
      const key = (name) => page.keyboard.press(name);
      const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
      const is_focused = (words, why) => eventually(async () => (await focused()) === words, `${why}: ${words}`);
      const announced = (words) =>
        page.getByRole("status").filter({ hasText: words }).first().waitFor({ state: "attached" });
      for (const name of ["a.txt", "b.txt", "c.txt"]) await put(stage, `desk/${name}`, name);
      await put(stage, "desk/old/deep/d.txt", "deep");
      await stage.goto("/files?path=desk");
      await page.locator(".file-name", { hasText: "a.txt" }).focus();

      await stage.button("New folder").focus();
      await key("Enter");
      await page.getByRole("dialog", { name: "New folder" }).waitFor();
      await page.keyboard.type("old");
      await key("Enter");
      await page.getByText("there is a 'desk/old' already").waitFor();
      await page.keyboard.press("Control+a");
      await page.keyboard.type("new");
      await stage.accessible("new folder");
      await key("Enter");
      await is_focused("Folder new", "the new folder");
      await announced("The folder new was made.");

      for (const step of ["ArrowDown", "ArrowDown"]) await key(step);
      await is_focused("a.txt", "down the rows");
      await key("F2");
      await page.getByRole("dialog", { name: "Rename or move a.txt" }).waitFor();
      await page.keyboard.type("b");
      await key("Enter");
      await page.getByText("there is a 'desk/b.txt' already; nothing was renamed").waitFor();
      await shots(stage, "50-rename");
      await stage.accessible("rename");
      await page.getByRole("textbox", { name: "Name" }).focus();
      await page.keyboard.press("Control+a");
      await page.keyboard.type("z.txt");
      await key("Enter");
      await is_focused("z.txt", "the renamed file");
      await announced("a.txt is now called z.txt.");

      await key("F2");
      await page.getByRole("dialog").waitFor();
      await page.getByLabel("Folder, one that is there").fill("desk/new");
      await key("Enter");
      await announced("z.txt is now desk/new/z.txt.");
      await is_focused("c.txt", "what is left beside the moved file");

      await key("Delete");
      await announced("c.txt deleted. Ctrl-Z brings it back.");
      await is_focused("b.txt", "what stands beside the deleted file");
      await shots(stage, "51-undo");
      await stage.accessible("undo");
      await page.keyboard.press("Control+z");
      await is_focused("c.txt", "the file is back");
      await announced("desk/c.txt is back.");
      expect((await page.locator(".undo").count()) === 0, "there is nothing more to undo");

      await key("Home");
      await key("ArrowDown");
      await is_focused("Folder old", "a folder with something in it");
      await key("Delete");
      await is_focused("b.txt", "the row behind it");
      await page.locator(".undo").getByRole("button", { name: "Undo" }).click();
      await is_focused("Folder old", "it is back");
      const list = async (path) =>
        (await stage.api("GET", `/api/files?path=${path}`)).items.map((each) => each.name).join();
      expect((await list("desk/old/deep")) === "d.txt", "with all that was in it");

      await page.locator(".file-name", { hasText: "b.txt" }).click();
      await page.getByRole("heading", { name: "b.txt", exact: true }).waitFor();
      await stage.button("Actions on b.txt").click();
      await page.getByRole("menuitem", { name: "Delete" }).click();
      await page.waitForURL((url) => url.searchParams.get("path") === "desk");
      await is_focused("desk", "its folder, at the heading");
      await stage.api("PUT", "/api/files/content?path=desk/b.txt", "another");
      await page.locator(".undo").getByRole("button", { name: "Undo" }).click();
      await page.getByText("there is a 'desk/b.txt' again; nothing was put in its place").waitFor();
      await page.locator(".file-name", { hasText: "b.txt" }).waitFor();
      await stage.shot("52-taken");
      expect((await list(".")).includes(".zo-trash") === false, "where it is kept is not listed");

      await stage.button("Deleted files").click();
      await page.getByRole("heading", { name: "Deleted files" }).waitFor();
      await page.reload();
      const row = page.locator(".files-table tr", { hasText: "b.txt" });
      await row.getByText("from desk").waitFor();
      await shots(stage, "53-deleted");
      await stage.resize(390, 844);
      expect((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390, "nothing sticks out");
      await stage.shot("54-phone-deleted");
      await stage.resize(1280, 800);
      await stage.accessible("deleted files");
      await stage.api("POST", "/api/files/move", JSON.stringify({ path: "desk/b.txt", to: "desk/b2.txt" }));
      await row.getByRole("button", { name: "Put back b.txt" }).click();
      await announced("desk/b.txt is back.");
      await row.waitFor({ state: "detached" });
      expect((await list("desk")).includes("b.txt"), "it is where it was");

      await stage.api("POST", "/api/files/trash", JSON.stringify({ path: "desk" }));
      await page.reload();
      await page.getByRole("button", { name: "Remove desk for good" }).click();
      await page.getByRole("dialog").getByText("It cannot be brought back.").waitFor();
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await announced("desk removed for good.");
      await page.locator(".files-table tr", { hasText: "desk" }).waitFor({ state: "detached" });
      // The browser itself notes each refusal in its console.
      const refusals = stage.complaints.filter((each) => each.includes("409 (Conflict)"));
      expect(refusals.length === 3, `a taken name is refused: ${refusals.length}`);
      stage.complaints = stage.complaints.filter((each) => !refusals.includes(each));
    },
  ],
  [
    "where no room is left to keep what is deleted, a file is removed for good once that was asked",
    async (stage) => {
      const { page } = stage;
      await put(stage, "full/large.bin", "x".repeat(2_000));
      await put(stage, "full/other.txt", "y");
      await stage.goto("/files?path=full");
      const message = "cannot delete 'full/large.bin': the disk of the workspace is full";
      const answer = {
        status: 507,
        json: { error: { code: "exhausted", message, try: "free some space, then again" } },
      };
      await page.route("**/api/files/trash", (route) => route.fulfill(answer));
      stage.forgiving = true;
      await page.locator(".file-name", { hasText: "large.bin" }).press("Delete");
      await page.getByText(message).waitFor();
      stage.forgiving = false;
      await stage.button("Remove for good…").click();
      const dialog = page.getByRole("dialog", { name: "Remove large.bin for good?" });
      await dialog.getByText("2.0 KB in the workspace. It cannot be brought back.").waitFor();
      await stage.accessible("removing for good");
      await dialog.getByRole("button", { name: "Remove" }).click();
      await page.locator(".files-progress", { hasText: "large.bin removed for good." }).waitFor();
      const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
      await eventually(async () => (await focused()) === "other.txt", "the focus is on what is left");
      await page.unroute("**/api/files/trash");
    },
  ],
  [
    "a link leads to a file or a folder, also after a reload",
    async (stage) => {
      const { page } = stage;
      const name = "a & b #1?.txt";
      await put(stage, `links/${name}`, "linked\n");
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      await stage.goto("/files?path=links");
      await page.locator(".file-name", { hasText: name }).click();
      await page.locator(".source", { hasText: "linked" }).waitFor();
      await stage.button("Copy link").click();
      const link = await page.evaluate(() => navigator.clipboard.readText());
      await stage.goto("/");
      await page.goto(link);
      await page.locator(".source", { hasText: "linked" }).waitFor();
      await page.reload();
      await page.locator(".source", { hasText: "linked" }).waitFor();
      expect((await page.title()) === `${name} · ZoClone`, `the window says what it shows: ${await page.title()}`);
      await page.goBack();
      await page.locator("#composer").waitFor();

      await stage.goto("/files");
      await stage.button("Actions on links").click();
      await page.getByRole("menuitem", { name: "Copy link" }).click();
      const folder = await page.evaluate(() => navigator.clipboard.readText());
      expect(folder === `${stage.url}/files?path=links`, `a folder has one, too: ${folder}`);
      stage.forgiving = true;
      await stage.goto("/files?path=links/none.txt");
      await page.getByText("there is no 'links/none.txt' in the workspace").waitFor();
      await stage.accessible("a link to nothing");
      await stage.button("links").click();
      await page.locator(".file-name", { hasText: name }).waitFor();
      stage.forgiving = false;
      await page.context().clearPermissions();
    },
  ],
];

/** Puts a file into the workspace; `content` is a text or bytes. */
async function put(stage, path, content) {
  const bytes = Buffer.from(content).toString("base64");
  await stage.page.evaluate(
    async ({ path, bytes }) => {
      const headers = { authorization: `Bearer ${localStorage.getItem("zo.session")}` };
      const body = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
      const address = `/api/files/content?replace=true&path=${encodeURIComponent(path)}`;
      const response = await fetch(address, { method: "PUT", headers, body });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    },
    { path, bytes },
  );
}

/** Light and dark, each a picture and held to the rules of access. */
async function shots(stage, name) {
  for (const scheme of ["dark", "light"]) {
    await stage.colours(scheme);
    await stage.shot(`${name}-${scheme}`);
    await stage.accessible(`${name}, ${scheme}`);
  }
}

async function narrow(stage, name) {
  const wide = await stage.page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide <= 390, `nothing sticks out: ${wide} px`);
  await stage.shot(name);
  await stage.accessible(name);
  await stage.goto("/files?path=look");
  await stage.page.locator(".file-name").first().waitFor();
  await stage.page.getByRole("button", { name: "Actions on drawing.svg" }).click();
  await stage.shot(`${name}-menu`);
  await stage.accessible(`${name}, menu`);
}

/** A page with one line on it (PDF 1.4). */
function pdf_of(words) {
  const drawn = `BT /F1 24 Tf 40 100 Td (${words}) Tj ET`;
  const objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
    `<</Length ${drawn.length}>>\nstream\n${drawn}\nendstream`,
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
  ];
  let text = "%PDF-1.4\n";
  const places = objects.map((object, index) => {
    const place = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, "0")} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join("")}`;
  return `${text}${table}trailer<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${text.length}\n%%EOF`;
}
