# Receives the events of a webhook with sequence numbers, each once and in order. Reads from the feed what did not arrive.
import json
import os
import sys
import threading
import time
import traceback
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

TIMEOUT_S = 10
PAUSE_S = 2

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
        catch_up()
    # Otherwise it is a repeat, or it was in the feed.
    if sequence > last:
        process(sequence, event)


def catch_up() -> None:
    """Processes all events after the last one. Repeats what failed after a pause; later events wait meanwhile."""
    while True:
        try:
            return read_feed()
        except Exception:
            traceback.print_exc()
            time.sleep(PAUSE_S)


def read_feed() -> None:
    while entries := read_page():
        for entry in entries:
            if entry["body"] is None:
                raise ValueError(f"The payload of number {entry['sequence']} has expired")
            process(entry["sequence"], webhook.verify(entry["body"], entry["headers"]))


def read_page() -> list:
    # At first, the feed begins with the first entry that is left.
    url = os.environ["FEED_URL"] + (f"?after={last}" if last else "")
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {os.environ['FEED_KEY']}"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        return json.load(response)["entries"]


# Events are processed one after the other.
lock = threading.Lock()


def catch_up_at_start() -> None:
    with lock:
        catch_up()


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
            return self.respond(204)
        try:
            with lock:
                receive(int(sequence), event)
        except Exception:
            traceback.print_exc()
            # What is not processed is sent again.
            return self.respond(500)
        self.respond(204)

    def respond(self, status: int, body: str = "") -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())


threading.Thread(target=catch_up_at_start, daemon=True).start()
ThreadingHTTPServer(("", int(os.environ["PORT"])), Receiver).serve_forever()
