// The addresses of this part.

export const kPath = "/automations";

export type Span = "month" | "week" | "day";

export type Where =
  | { at: "list" }
  | { at: "calendar"; span: Span; day: string | null }
  | { at: "jobs" }
  | { at: "new"; example: number | null }
  | { at: "one"; id: string }
  | { at: "edit"; id: string };

export function where_of(url: URL): Where {
  const [first, second] = url.pathname.slice(kPath.length).split("/").filter(Boolean).map(decodeURIComponent);
  if (first === undefined) return { at: "list" };
  if (first === "jobs") return { at: "jobs" };
  if (first === "new") return { at: "new", example: number_or_null(url.searchParams.get("example")) };
  if (first === "calendar") {
    const day = url.searchParams.get("day");
    return { at: "calendar", span: span_of(url.searchParams.get("span")), day: is_day(day) ? day : null };
  }
  return second === "edit" ? { at: "edit", id: first } : { at: "one", id: first };
}

export function address_of(where: Where): string {
  switch (where.at) {
    case "list":
      return kPath;
    case "jobs":
      return `${kPath}/jobs`;
    case "new":
      return where.example === null ? `${kPath}/new` : `${kPath}/new?example=${where.example}`;
    case "calendar":
      return `${kPath}/calendar?span=${where.span}${where.day ? `&day=${where.day}` : ""}`;
    case "one":
      return `${kPath}/${encodeURIComponent(where.id)}`;
    case "edit":
      return `${kPath}/${encodeURIComponent(where.id)}/edit`;
  }
}

function span_of(text: string | null): Span {
  return text === "week" || text === "day" ? text : "month";
}

function is_day(text: string | null): text is string {
  return text !== null && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}

function number_or_null(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}
