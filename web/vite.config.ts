import { defineConfig } from "vitest/config";

// Of KaTeX's fonts every browser that the page is for reads the first kind.
const woff2_alone = {
  name: "woff2-alone",
  enforce: "pre" as const,
  transform: (code: string, id: string) =>
    id.endsWith("katex.min.css") ? code.replaceAll(/,url\([^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)/g, "") : null,
};

// One page and hashed assets, nothing inline: the server's policy allows only what it serves itself.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [woff2_alone],
  build: {
    outDir: "dist",
    target: ["chrome123", "firefox128", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // Developing against a running `zo serve`: ZO_URL=http://127.0.0.1:8787 npm run dev
  server: { proxy: { "/api": process.env.ZO_URL ?? "http://127.0.0.1:8787" } },
  test: { include: ["test/**/*.test.ts", "src/**/*.test.ts"], environment: "node" },
});
