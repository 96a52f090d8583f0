// The rows of a week: its hours.

export type Row = { hour: number } | { free: [number, number] };

/** Hours with something in them, and between them the spans without. */
export function rows_of(days: Map<number, unknown>[]): Row[] {
  const rows: Row[] = [];
  for (let hour = 0; hour < 24; hour += 1) {
    if (days.some((hours) => hours.has(hour))) {
      rows.push({ hour });
      continue;
    }
    const last = rows.at(-1);
    if (last && "free" in last) last.free[1] = hour + 1;
    else rows.push({ free: [hour, hour + 1] });
  }
  return rows;
}
