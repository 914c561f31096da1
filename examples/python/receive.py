# Takes what Posthorn signed and nothing else.
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
            return self.answer(400)
        if event["type"] == "webhook.validation":
            # Confirms the webhook.
            return self.answer(200, json.dumps({"code": event["data"]["code"]}))
        print(event["id"], event["type"], flush=True)
        self.answer(204)

    def answer(self, status: int, body: str = "") -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())


ThreadingHTTPServer(("", int(os.environ["PORT"])), Receiver).serve_forever()
