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
        use_valid_secret(case)
        use_valid_format(case)
        case.body = with_exact_numbers(case.body)


def use_unique_key(case):
    """An idempotency key must not be used again with another body. Header and body must have the same key."""
    key = f"run-{next(NUMBERS)}"
    name = "Idempotency-Key"
    if case.headers and name in case.headers:
        case.headers[name] = key
    if isinstance(case.body, dict) and isinstance(case.body.get("idempotencyKey"), str):
        case.body["idempotencyKey"] = key


def use_valid_schemas(case):
    if isinstance(case.body, dict):
        for name, schema in SCHEMAS.items():
            if isinstance(case.body.get(name), dict):
                case.body[name] = schema


def use_valid_secret(case):
    """A secret has 16 to 128 bytes, and must be base64 if its encoding is."""
    if isinstance(case.body, dict) and "secret" in case.body:
        case.body["secret"] = "c2VjcmV0LW9mLTE5LWJ5dGVz"


def use_valid_format(case):
    """Two parts of a delivery format must not set the same header, and its templates must have their placeholders."""
    delivery_format = case.body.get("deliveryFormat") if isinstance(case.body, dict) else None
    if not isinstance(delivery_format, dict):
        return
    headers = delivery_format.get("headers")
    for name in ("id", "timestamp", "type"):
        if isinstance(headers, dict) and isinstance(headers.get(name), str):
            headers[name] = f"x-{name}"
    if isinstance(delivery_format.get("body"), dict):
        delivery_format["body"] = {"template": '{"order": {data}}'}
    if isinstance(delivery_format.get("signatures"), list):
        delivery_format["signatures"] = [valid_signature(each) for each in delivery_format["signatures"][:1]]


def valid_signature(signature):
    if isinstance(signature, dict) and "custom" in signature:
        return {"custom": {**signature["custom"], "content": "{timestamp}.{body}", "value": "{signature}"}}
    if isinstance(signature, dict):
        return {**signature, "profile": "svix"}
    return signature


def with_exact_numbers(value):
    """Only the data of an event may have numbers that a double cannot hold."""
    if isinstance(value, dict):
        return {name: with_exact_numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [with_exact_numbers(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return 2**53 if value > 0 else -(2**53)
    return value
