# Receives events and rejects requests without a valid signature.
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = webhook.verify(body, dict(self.headers))
        except WebhookVerificationError:
            return self.respond(400)
        if event["type"] == "webhook.validation":
            # Echoes the code, which confirms the webhook.
            return self.respond(200, json.dumps({"code": event["data"]["code"]}))
        print(event["id"], event["type"], flush=True)
        self.respond(204)

    def respond(self, status: int, body: str = "") -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())


ThreadingHTTPServer(("", int(os.environ["PORT"])), Receiver).serve_forever()
