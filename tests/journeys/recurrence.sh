#!/bin/bash
# `zo recurrence expand`: a line in, a line out, with and without a zone; what is wrong is said on its own line, and no server is started.
#   ZO=build/release/zo tests/journeys/recurrence.sh
set -euo pipefail

zo=$(realpath "${ZO:?set ZO to the program to test}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ZO_HOME=$work/home

cat >"$work/in" <<'LINES'
{"dtstart":"2026-03-28T02:30:00","tzid":"Europe/Berlin","rrule":"FREQ=DAILY","limit":3}
{"dtstart":"2026-03-28T02:30:00","tzid":"Europe/Berlin","rrule":"FREQ=DAILY;COUNT=3","gap":"skip"}
{"dtstart":"2026-03-01T09:00:00","tzid":null,"rrule":"FREQ=MONTHLY;BYDAY=-1FR","exdate":["2026-04-24T09:00:00"],"rdate":["2026-03-02T09:00:00"],"limit":3}
{"dtstart":"2026-03-01T09:07:00","rrule":"*/15 * * * *","limit":2}
{"dtstart":"2026-03-01T09:00:00","rrule":"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}
{"dtstart":"2026-03-01T09:00:00","rrule":"FREQ=DAILY;INTERVAL=0"}
{"dtstart":"2026-03-01T09:00:00","tzid":"Europe/Berln","rrule":"FREQ=DAILY"}
not JSON
LINES
cat >"$work/wanted" <<'LINES'
{"occurrences":["2026-03-28T01:30:00Z","2026-03-29T01:30:00Z","2026-03-30T00:30:00Z"],"more":true}
{"occurrences":["2026-03-28T01:30:00Z","2026-03-30T00:30:00Z","2026-03-31T00:30:00Z"],"more":false}
{"occurrences":["2026-03-02T09:00:00","2026-03-27T09:00:00","2026-05-29T09:00:00"],"more":true}
{"occurrences":["2026-03-01T09:15:00","2026-03-01T09:30:00"],"more":true}
{"occurrences":[],"more":false}
{"error":"recurrence rule: INTERVAL=0: a whole number from 1 to 1000000000"}
{"error":"there is no time zone 'Europe/Berln' (try: Europe/Berlin)"}
{"error":"the line is not JSON: syntax error"}
LINES
head -c 100000 /dev/zero | tr '\0' x >>"$work/in"
echo '{"error":"the line is longer than 65 kB"}' >>"$work/wanted"

"$zo" recurrence expand <"$work/in" >"$work/out"
diff "$work/wanted" "$work/out"
[ ! -e "$ZO_HOME" ]
