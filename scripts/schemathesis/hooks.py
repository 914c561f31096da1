"""Hooks of Schemathesis: rules for valid requests that a JSON Schema cannot express."""

import itertools

import schemathesis

NUMBERS = itertools.count()

# These fields must be JSON Schemas themselves.
SCHEMAS = {"filter": {"required": ["amount"]}, "schema": {"type": "object"}}


@schemathesis.hook
def before_call(_context, case, _kwargs):
    if case.meta.generation.mode.is_positive:
        use_unique_key(case)
        use_valid_schemas(case)


def use_unique_key(case):
    """An Idempotency-Key must not be used again with another body."""
    name = "Idempotency-Key"
    if case.headers and name in case.headers:
        case.headers[name] = f"run-{next(NUMBERS)}"


def use_valid_schemas(case):
    if isinstance(case.body, dict):
        for name, schema in SCHEMAS.items():
            if isinstance(case.body.get(name), dict):
                case.body[name] = schema
