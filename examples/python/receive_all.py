# Receives the events of a webhook with sequence numbers, each once and in order. Reads from the feed what did not arrive.
import json
import os
import queue
import sys
import threading
import traceback
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])

# The number of the last processed event. In your application, update it in the transaction of the event's effects.
state = Path(os.environ["STATE_FILE"])
last = int(state.read_text()) if state.exists() else 0


def process(sequence: int, event: dict) -> None:
    global last
    print(sequence, event["id"], event["type"], flush=True)
    last = sequence
    state.write_text(str(last))


def receive(sequence: int, event: dict) -> None:
    if sequence > last + 1:
        read_feed()
    # Otherwise it is a repeat, or it was in the feed.
    if sequence > last:
        process(sequence, event)


def read_feed() -> None:
    """Processes all events after the last one."""
    while entries := read_page():
        for entry in entries:
            if entry["body"] is None:
                raise ValueError(f"The payload of number {entry['sequence']} has expired")
            process(entry["sequence"], webhook.verify(entry["body"], entry["headers"]))


def read_page() -> list:
    # At first, the feed begins with the first entry that is left.
    url = os.environ["FEED_URL"] + (f"?after={last}" if last else "")
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {os.environ['FEED_KEY']}"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)["entries"]


tasks: queue.Queue[Callable[[], None]] = queue.Queue()


def run_tasks() -> None:
    """Runs one task after the other. After a failure, the next request has a gap again."""
    while True:
        try:
            tasks.get()()
        except Exception:
            traceback.print_exc()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = webhook.verify(body, dict(self.headers))
        except WebhookVerificationError:
            return self.respond(400)
        if event["type"] == "webhook.validation":
            return self.respond(200, json.dumps({"code": event["data"]["code"]}))
        sequence = self.headers["webhook-sequence"]
        if sequence is None:
            print(f"Ignored {event['id']}: it has no number", file=sys.stderr)
        else:
            tasks.put(lambda: receive(int(sequence), event))
        self.respond(204)

    def respond(self, status: int, body: str = "") -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())


tasks.put(read_feed)
threading.Thread(target=run_tasks, daemon=True).start()
ThreadingHTTPServer(("", int(os.environ["PORT"])), Receiver).serve_forever()
