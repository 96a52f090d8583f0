// Line icons on a 16 × 16 grid, drawn in the colour of the text. They are decoration: the words beside them, or the
// button's label, say what they mean.

const kShapes = {
  chat: "M2.5 3.5h11v7.5h-6l-3 2.5v-2.5h-2z",
  files: "M2 4.5v8h12v-6.5h-6l-1.5-1.5z",
  settings: "M3 4.5h6M12 4.5h1M3 11.5h1M7 11.5h6M10.5 3v3M5.5 10v3",
  list: "M2.5 3h11v10h-11zM6.5 3v10",
  details: "M2.5 3h11v10h-11zM9.5 3v10",
  command: "M3 5l3 3-3 3M8 11.5h5",
  plus: "M8 3v10M3 8h10",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5l3 3",
  close: "M4 4l8 8M12 4l-8 8",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  up: "M8 13V3.5M4 7l4-4 4 4",
  end: "M8 3v9.5M4 9l4 4 4-4",
  stop: "M4.5 4.5h7v7h-7z",
  send: "M8 13V3.5M4 7.5l4-4 4 4",
  queue: "M3 4h10M3 8h10M3 12h6",
  clip: "M12.5 7.5l-5 5a3 3 0 0 1-4.2-4.2l5.4-5.4a2 2 0 0 1 2.8 2.8l-5.3 5.4a1 1 0 0 1-1.4-1.4l4.6-4.6",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  edit: "M3 13l.6-2.8 7.2-7.2 2.2 2.2-7.2 7.2z",
  redo: "M13 3.5v3.5h-3.5M12.7 7a5 5 0 1 0 .3 2.5",
  trash: "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.5 9h6l.5-9",
  download: "M8 2.5v8M4.5 7.5l3.5 3.5 3.5-3.5M3 13.5h10",
  upload: "M8 11v-8M4.5 6l3.5-3.5L11.5 6M3 13.5h10",
  file: "M4 2h5l3 3v9h-8zM9 2v3h3",
  folder: "M2 4.5v8h12v-6.5h-6l-1.5-1.5z",
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4 4l8 8M12 4l-8 8",
  pause: "M5.5 4v8M10.5 4v8",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6",
  unknown: "M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.7M8 12.2h.01",
  work: "M8 2a6 6 0 1 1-6 6",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.5v3.5M8 5h.01",
  warn: "M8 2.5l6 11h-12zM8 6.8v3M8 11.6h.01",
  theme: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 2v12",
  link: "M6.5 9.5l3-3M7 4.5l1-1a3 3 0 0 1 4.5 4.5l-1 1M9 11.5l-1 1a3 3 0 0 1-4.5-4.5l1-1",
  agents: "M8 7a2.2 2.2 0 1 0 0-4.4A2.2 2.2 0 0 0 8 7zM3.5 13.5a4.5 4.5 0 0 1 9 0",
  tool: "M9.8 6.2l-6.3 6.3 1.5 1.5 6.2-6.3M9.5 6.5A3 3 0 0 1 13 2.7l-1.8 1.8.6 1.2 1.3.5 1.4-1.6a3 3 0 0 1-4 3.6",
  key: "M6 10.5a3 3 0 1 0-.01-6A3 3 0 0 0 6 10.5zM8.5 8.5l5 0v2.5M11 8.5v2",
} as const;

export type IconName = keyof typeof kShapes;

export function Icon({ name, spin, size = 16 }: { name: IconName; spin?: boolean; size?: number }) {
  const dots = name === "more";
  return (
    <svg
      class={spin ? "icon spin" : "icon"}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width={dots ? 2.4 : 1.4}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={kShapes[name]} />
    </svg>
  );
}

/** The mark of ZoClone: an open ring with a point in it. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg class="icon mark" width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden="true">
      <circle cx="12" cy="12" r="8.2" stroke="currentColor" stroke-width="2.4" />
      <circle cx="12" cy="12" r="3.2" fill="currentColor" />
    </svg>
  );
}
