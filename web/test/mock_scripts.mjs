// What the scripted model does, told as the events a real run would send.
import { Actor, Cancelled } from "./mock_actor.mjs";

/** Plays one run from its first event to its last. */
export async function play(server, record, conversation, message) {
  const actor = new Actor(server, record, conversation);
  server.tell(record, "run_started", { run: record.run });
  server.tell(record, "message_placed", { message });
  try {
    await script_for(message.text)(actor, message.text);
    while (actor.take_queued()) await script_for(actor.taken)(actor, actor.taken);
    actor.finish("done");
  } catch (error) {
    if (error instanceof Cancelled) return actor.finish("cancelled");
    actor.finish("failed", {
      code: "denied",
      message: error.message,
      try: "Choose another model, or set a valid key.",
    });
  }
}

function script_for(text) {
  const words = text.toLowerCase();
  for (const [word, script] of Object.entries(kScripts)) if (words.includes(word)) return script;
  return (actor) => actor.says(`You said: “${text}”. There is nothing more to it.`);
}

const kRivers =
  "Rivers begin small. A spring, a marsh, a melting field of snow: water finds the lowest way and keeps to it. " +
  "Further down they slow, carry sand instead of stones, and start to wander. ".repeat(12) +
  "At the sea they let go of what they carried, and that is a delta.";

const kMarkdown = [
  "## What was found",
  "The **three** reports agree on the trend, but not on the cause. See [the source](https://example.org/a) and [the notes](notes.txt).",
  "1. Costs rose in *March*\n2. Then fell:\n   ```sh\n   grep -c cost q1.md\n   ```\n3. And stayed",
  "| Month | Amount | Change |\n|---|---:|---:|\n| January | 1,204 | |\n| February | 1,310 | +8.8 % |\n| March | 1,702 | +29.9 % |",
  '```python\nimport csv\n\ndef total(path: str) -> float:\n    """Adds up the amounts."""\n    with open(path) as file:\n        return sum(float(row["amount"]) for row in csv.DictReader(file))  # euros\n\nprint(total("sales.csv"))\n```',
  "> A quoted line, and `inline code`.",
  '![a picture elsewhere](https://evil.example/pixel.png) <img src=x onerror="window.broken=1"> <script>window.broken=2</script> ' +
    '[click](javascript:window.broken=3) <Foo> <b onclick="window.broken=4">bold</b>',
  "- [x] read\n- [ ] decide",
].join("\n\n");

const kScripts = {
  async slowly(actor) {
    await actor.says(kRivers, 30);
  },
  async sha256(actor) {
    actor.tell("model_state", { state: "loading", text: "loading the model" });
    await actor.wait(250);
    actor.tell("model_state", { state: "ready", text: "ready" });
    await actor.uses("I will let `sha256sum` work it out.", [
      () => actor.call("shell", { command: "sha256sum notes.txt" }, "sha256sum notes.txt"),
      ["f0e4c2f76c58916ec258f246851bea091d14d4247a2fc3e18694461b1816e13b  notes.txt\n"],
      60,
      { exit_code: 0 },
    ]);
    await actor.says(
      "The sha256 of `notes.txt` is\n\n```text\nf0e4c2f76c58916ec258f246851bea091d14d4247a2fc3e18694461b1816e13b\n```",
    );
  },
  async fail(actor) {
    actor.begin();
    await actor.wait(400);
    actor.tell("retrying", { step: 1, in_ms: 900, reason: "the provider answered 503" });
    await actor.wait(900);
    throw new Error("anthropic refuses the key in ANTHROPIC_API_KEY (401).");
  },
  async agents(actor) {
    const prompts = ["Read q1.md and say the trend", "Read q2.md and say the trend", "Read q3.md and say the trend"];
    await actor.uses("I will read them side by side.", [
      () => actor.call("spawn_agents", { prompts }, "3 agents"),
      [],
      1200,
      { children: () => actor.spawn(prompts) },
    ]);
    await actor.says("The first is up, the second flat, the third down.");
  },
  async draw(actor) {
    await actor.uses("", [
      () => actor.call("shell", { command: "python3 draw.py > chart.svg" }, "python3 draw.py > chart.svg"),
      ["month,amount\n2025-01,1204\n2025-02,1310\n"],
      20,
      { exit_code: 0 },
    ]);
    await actor.says("The sales go up.");
  },
  async direnv(actor) {
    const made = (path, line) => ({
      path,
      diff: `--- ${path}\n+++ ${path}\n@@ -0,0 +1,1 @@\n+${line}\n`,
      removed: false,
    });
    await actor.uses("", [
      () => actor.call("write_file", { path: "made/.envrc", content: "export STAGE=test\n" }, "made/.envrc, 18 B"),
      [],
      3,
      { output: "wrote 'made/.envrc', 18 B", left: [made("made/.envrc", "export STAGE=test")] },
    ]);
    const hook = "tools/.git/hooks/post-checkout";
    await actor.uses("", [
      () => actor.call("shell", { command: `mkdir -p tools/.git/hooks; echo make > ${hook}` }, `echo make > ${hook}`),
      [],
      20,
      {
        exit_code: 0,
        left: [made(hook, "make"), { ...made(".git/hooks/pre-\u202ehsup", "make"), removed: true }],
      },
    ]);
    await actor.says("direnv sets STAGE there.");
  },
  async "read q"(actor) {
    await actor.uses("", [() => actor.call("read_file", { path: "q.md" }, "q.md"), ["# Up\n"], 200]);
    await actor.says("It goes up.");
  },
  async plot(actor) {
    await actor.uses("I will look at the file first.", [
      () => actor.call("shell", { command: "head -3 sales.csv" }, "head -3 sales.csv"),
      ["month,region,amount\n", "2025-01,north,1204\n"],
      20,
      { exit_code: 0 },
    ]);
    await actor.uses(
      "Now a small program for the plot.",
      [
        () => actor.call("write_file", { path: "plot.py", content: "import csv, sys\n" }, "plot.py, 38 lines"),
        [],
        3,
        { output: "plot.py: 38 lines written" },
      ],
      [
        () => actor.call("edit_file", { path: "notes.txt", old: "milk", new: "oat milk" }, "notes.txt, 1 line"),
        [],
        3,
        {
          output: "notes.txt: 1 replacement",
          diff: "--- a/notes.txt\n+++ b/notes.txt\n@@ -1 +1 @@\n-buy milk\n+buy oat milk\n",
        },
      ],
      [
        () => actor.call("shell", { command: "python3 missing.py" }, "python3 missing.py"),
        ["python3: can't open file 'missing.py': No such file or directory\n"],
        20,
        { state: "failed", exit_code: 2 },
      ],
    );
    await actor.uses("", [
      () =>
        actor.call(
          "shell",
          { command: "python3 plot.py sales.csv --out chart.svg" },
          "python3 plot.py sales.csv --out chart.svg",
        ),
      Array.from({ length: 40 }, (_, index) => `reading ${(index * 31 + 4).toLocaleString("en-US")} rows …\n`),
      60,
      { exit_code: 0, truncated: true, output_bytes: 48_211, whole: "line\n".repeat(400) },
    ]);
    await actor.says(
      "The chart is in [chart.svg](chart.svg). March was the **best month**: 1,702 against a mean of 1,240.",
    );
  },
  async markdown(actor) {
    actor.begin();
    await actor.writes("The reports differ in length, so I compare rates.", "reasoning", 60);
    await actor.writes(kMarkdown, "text", 4);
    actor.place(kMarkdown, [], "stop", { reasoning: "The reports differ in length, so I compare rates." });
  },
};
