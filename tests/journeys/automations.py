"""An automation of every second, and its server killed with -9 ten times (fifty with ./test --long) while it fires.

Each instant has exactly one row, none is left out, no run is begun twice, and what a dead process had begun ends. Then the commands: what they
print, and what they say of wrong input.
"""

import json
import os
import random
import sqlite3
import time
import urllib.parse

from journey import check, eventually, scripted_model, server

KILLS = int(os.environ.get("ZO_KILLS", "50" if os.environ.get("ZO_LONG") == "yes" else "10"))
SEED = int(os.environ.get("ZO_SEED", str(random.randrange(2**32))))


def kills(zo, dice):
    made = json.loads(zo.zo("automation", "add", "--name", "often", "--every", "every 1s", "--zone", "Europe/Berlin", "--prompt", "count", "--overlap", "allow", "--catch-up", "all", "--json").stdout)
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.1, 1.5))
        zo.kill()
        time.sleep(dice.uniform(0, 1.5))
        zo.start()
    zo.call("POST", "/api/automations/often/pause")
    path = str(zo.home / "zo.db")

    def open_ones():
        with sqlite3.connect(path) as database:
            return database.execute("SELECT COUNT(*) FROM occurrences WHERE state = 'begun'").fetchone()[0]

    check(eventually(lambda: open_ones() == 0, 60), "all that has begun ends")
    database = sqlite3.connect(path)
    rows = database.execute("SELECT at, state, run_id, late_ms FROM occurrences WHERE automation_id = ? ORDER BY at", (made["id"],)).fetchall()
    times = [row[0] for row in rows]
    check(times == list(range(times[0], times[-1] + 1000, 1000)), "every second has its row, and one")
    check({row[1] for row in rows} == {"succeeded"}, f"all is made up for: {sorted({row[1] for row in rows})}")
    runs = [row[2] for row in rows]
    check(len(set(runs)) == len(runs), "no run is two occurrences'")
    check(database.execute("SELECT COUNT(*) FROM runs").fetchone()[0] == len(runs), "no occurrence has begun two runs")
    check(database.execute("SELECT COUNT(*) FROM jobs").fetchone()[0] == 0, "no job is left")
    late = sorted(row[3] for row in rows)
    print(f"{len(rows)} occurrences over {KILLS} kills: each one row and one run; late by {late[len(late) // 2]} ms at the median, {late[-1]} ms at most")


def commands(zo):
    added = zo.zo("automation", "add", "--name", "notes", "--every", "every weekday at 8", "--zone", "Europe/Berlin", "--prompt", "Summarise.", "--json")
    one = json.loads(added.stdout)
    check(one["rule"].startswith("FREQ=WEEKLY") or "BYDAY=MO,TU,WE,TH,FR" in one["rule"], f"the rule is canonical: {one['rule']}")
    shown = json.loads(zo.zo("automation", "show", "notes", "--json").stdout)
    check(len(shown["next"]) == 5, "five times are shown")
    plain = zo.zo("automation", "add", "--name", "other", "--every", "0 3 * * SUN", "--prompt", "Tidy.")
    check(len(plain.stdout.strip()) == 26 and "next:" in plain.stderr, "the id alone goes to standard output, the next times beside it")
    zo.zo("automation", "run", "notes")
    check(eventually(lambda: "succeeded" in zo.zo("automation", "history", "notes").stdout, 20), "one time more")
    check(json.loads(zo.zo("automation", "show", "notes", "--json").stdout)["next"] == shown["next"], "and its times stay as they are")
    zo.zo("automation", "edit", "notes", "--every", "every day at 9", "--name", "my notes")
    check("every day at 9" in zo.zo("automation", "list").stdout, "it is changed")
    zo.zo("automation", "pause", "my notes")
    check("paused by you" in zo.zo("automation", "list").stdout, "it is paused")
    zo.zo("automation", "remove", "my notes")
    for arguments, wanted in ((("add", "--name", "x", "--every", "now and then", "--prompt", "y"), "every 90m"), (("add", "--name", "x", "--every", "hourly", "--zone", "Europe/Berln", "--prompt", "y"), "Europe/Berlin"),
                              (("add", "--name", "x", "--every", "hourly"), "there is no prompt"), (("show", "nobody"), "nobody"), (("add", "--name", "other", "--every", "hourly", "--prompt", "y"), "already")):
        refused = zo.zo("automation", *arguments, check=False)
        check(refused.returncode != 0 and wanted in refused.stderr, f"{arguments}: {refused.stderr}")
    check(zo.call("GET", "/api/automations/" + urllib.parse.quote("other"))["automation"]["name"] == "other", "by its name, too")


def main():
    dice = random.Random(SEED)
    print(f"seed {SEED}")
    with scripted_model() as model, server(model) as zo:
        kills(zo, dice)
        commands(zo)


if __name__ == "__main__":
    main()
