// Fails when the first view (index.html and every script and style it names, plus what those scripts import at once)
// outgrows its promise.
import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const kFirstViewMaxBytes = 90 * 1024;
const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");

const page = readFileSync(join(dist, "index.html"), "utf8");
if (/<script(?![^>]*\ssrc=)[^>]*>/.test(page) || /<style|\sstyle=/.test(page)) {
  console.error("dist/index.html holds an inline script or style; the server's content policy would block it.");
  process.exit(1);
}

const seen = new Set(["index.html"]);
const queue = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]);
while (queue.length > 0) {
  const path = queue.pop();
  if (seen.has(path)) continue;
  seen.add(path);
  if (!path.endsWith(".js")) continue;
  const source = readFileSync(join(dist, path), "utf8");
  for (const match of source.matchAll(/(?:^|[;}])import\s*(?:[^"'()]*?from\s*)?["'](\.\/[^"']+\.js)["']/g)) {
    queue.push(posix.join(posix.dirname(path), match[1]));
  }
}

let total = 0;
for (const path of seen) {
  const size = gzipSync(readFileSync(join(dist, path)), { level: 9 }).length;
  total += size;
  console.log(`${(size / 1024).toFixed(1).padStart(7)} KB  ${path}`);
}
console.log(`${(total / 1024).toFixed(1).padStart(7)} KB  first view, gzip (limit ${kFirstViewMaxBytes / 1024} KB)`);
if (total > kFirstViewMaxBytes) process.exit(1);
