"""Marks an invoice as paid and publishes it, in one transaction: outbox.py in_1"""

import json
import os
import sys

from sqlalchemy import create_engine, make_url, text

# SQLAlchemy names the driver in the URL.
url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")
engine = create_engine(url)


def pay(connection, invoice):
    connection.execute(text("UPDATE invoice SET paid = true WHERE id = :id"), {"id": invoice})
    connection.execute(
        text("SELECT posthorn.publish(:type, CAST(:data AS text))"),
        {"type": "invoice.paid", "data": json.dumps({"invoice": invoice})},
    )


invoice = sys.argv[1]
with engine.begin() as connection:
    pay(connection, invoice)

# Rolls back: the invoice is not changed, and there is no event.
try:
    with engine.begin() as connection:
        pay(connection, f"{invoice}-declined")
        raise RuntimeError("The card was declined")
except RuntimeError as error:
    print(error)
