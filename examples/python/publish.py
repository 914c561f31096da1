# Publishes an event as a BullMQ job.
import asyncio
import os
import sys

from bullmq import Queue


async def publish(invoice: str) -> None:
    prefix = os.environ.get("POSTHORN_QUEUE_PREFIX", "posthorn")
    queue = Queue("events", {"connection": os.environ["REDIS_URL"], "prefix": prefix})
    event = {"data": {"invoice": invoice}, "idempotencyKey": f"invoice-{invoice}-paid"}
    await queue.add("invoice.paid", event)
    await queue.close()


asyncio.run(publish(sys.argv[1]))
