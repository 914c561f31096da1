"""Publishes an event with the client of openapi-python-client and prints its id. Usage: API_URL ADMIN_KEY."""

import sys

from posthorn_client import AuthenticatedClient
from posthorn_client.api.events import publish_event
from posthorn_client.models import AcceptedEvent, PublishEvent, PublishEventData

api_url, admin_key = sys.argv[1:]
data = PublishEventData.from_dict({"client": "openapi-python-client"})
event = PublishEvent(type_="client.generated", data=data)
accepted = publish_event.sync(client=AuthenticatedClient(base_url=api_url, token=admin_key), body=event)
if not isinstance(accepted, AcceptedEvent):
    raise SystemExit(f"Not accepted: {accepted}")
print(accepted.id)
