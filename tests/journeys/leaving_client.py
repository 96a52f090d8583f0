"""A client of /v1/chat/completions that goes away: its run stops, streamed or not, unless it was asked to go on in the background."""

import http.client
import json

from journey import check, eventually, scripted_model, server

RULES = [{"when": "work", "steps": [{"call": {"name": "shell", "arguments": {"command": "echo begun; sleep 60; echo late > late.txt"}}}, {"say": "Done."}]}]


def ask_and_leave(zo, **wishes):
    """Closes the connection once the run's command works; gives the run's id."""
    known = {run["id"] for run in zo.call("GET", "/api/runs")["items"]}
    connection = http.client.HTTPConnection("127.0.0.1", zo.port, timeout=30)
    body = {"model": "zo", "messages": [{"role": "user", "content": "work"}], **wishes}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"authorization": zo.token, "content-type": "application/json"})
    if wishes.get("stream"):
        check(connection.getresponse().status == 200, "the stream begins")
    begun = []

    def works():
        begun[:] = [run["id"] for run in zo.call("GET", "/api/runs")["items"] if run["id"] not in known and run["step"] == 1]
        return bool(begun)

    check(eventually(works), "the run works")
    connection.close()
    return begun[0]


def state(zo, run):
    return zo.call("GET", f"/api/runs/{run}")["state"]


def main():
    with scripted_model(RULES) as model, server(model) as zo:
        for stream in (True, False):
            run = ask_and_leave(zo, stream=stream)
            check(eventually(lambda: state(zo, run) == "cancelled", 10), f"the run stops when its client closes (stream: {stream})")
        for stream in (True, False):
            run = ask_and_leave(zo, stream=stream, background=True)
            check(not eventually(lambda: state(zo, run) != "running", 1), f"a background run goes on (stream: {stream})")
            check(zo.call("POST", f"/api/runs/{run}/cancel", {})["state"] == "cancelled", "and is stopped by its id")
        check(not (zo.workspace / "late.txt").exists(), "no command went on behind a stopped run")
    print("a client that leaves takes its run with it")


main()
