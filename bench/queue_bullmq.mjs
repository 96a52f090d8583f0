// BullMQ's side of bench/queue.py: adds JOBS jobs, 100 at a time, then works on all of them with one worker; prints one line of JSON.
//   node queue_bullmq.mjs SOCKET JOBS AT_ONCE
import { createRequire } from "node:module";

const require = createRequire(`${process.env.BULLMQ_MODULES}/`);
const { Queue, Worker } = require("bullmq");
const IORedis = require("ioredis");

const [socket, jobs, at_once] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const connect = () => new IORedis({ path: socket, maxRetriesPerRequest: null });
const name = `bench-${process.pid}`;
const payload = "x".repeat(200);

const queue = new Queue(name, { connection: connect() });
await queue.waitUntilReady();
let began = performance.now();
for (let i = 0; i < jobs; i += 100)
  await Promise.all(Array.from({ length: Math.min(100, jobs - i) }, (_, j) => queue.add("job", { payload }, { priority: 1 + ((i + j) % 5), attempts: 3 })));
const added_ms = performance.now() - began;

let ended = 0;
began = performance.now();
await new Promise((resolve) => {
  const worker = new Worker(name, async () => "done", { connection: connect(), concurrency: at_once, autorun: false });
  worker.on("completed", () => {
    if (++ended === jobs) resolve();
  });
  worker.run();
});
const worked_ms = performance.now() - began;
console.log(JSON.stringify({ jobs, at_once, add_per_s: Math.round((jobs * 1e3) / added_ms), work_per_s: Math.round((jobs * 1e3) / worked_ms) }));
process.exit(0);
