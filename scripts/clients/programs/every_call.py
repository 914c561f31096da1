"""Makes every call of the API with the client of openapi-generator, checks the types of the results, and prints the id of an event.

Usage: API_URL ADMIN_KEY.
"""

import inspect
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import typing
import urllib.request
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openapi_client as client
from openapi_client import models

# The types of the results that are not models.
TEXT = {"getMetrics", "getApiReference", "getErrorReference"}
EMPTY = {
    "deleteEventType",
    "deleteSession",
    "deleteTenant",
    "deleteWebhook",
    "endSecret",
    "endSigningKey",
    "keepSession",
    "removeRecipient",
    "revokeApiKey",
    "revokePortalLink",
}
# Only browsers and identity providers make these calls.
BROWSER = {"startSingleSignOn", "finishSingleSignOn", "logOutByBackChannel"}
# An endless stream, so its first event is read.
STREAM = "followOverview"
# Their content type, NDJSON, is none that the generated client converts.
LINES = {"exportTenant", "exportAuditEntries"}


class Calls:
    """The methods of the generated client, by operation id. Records the operations that were called."""

    def __init__(self, api_url: str, **credentials: typing.Any):
        self.called: set[str] = set()
        connection = client.ApiClient(client.Configuration(host=api_url, **credentials))
        self._methods = {
            name: method
            for api in vars(client).values()
            if inspect.isclass(api) and api.__name__.endswith("Api")
            for name, method in inspect.getmembers(api(connection), inspect.ismethod)
        }

    def __call__(self, operation_id: str, **arguments: typing.Any) -> typing.Any:
        """Makes a call and checks that its result has the declared type, which must be a type of the API."""
        method = self._methods[snake_case(operation_id)]
        declared = typing.get_type_hints(method)["return"]
        expected = str if operation_id in TEXT else type(None) if operation_id in EMPTY else None
        check(
            declared is expected if expected else declared.__module__.startswith("openapi_client.models."),
            f"{operation_id} is declared to return {declared}",
        )
        result = method(**arguments)
        check(isinstance(result, declared), f"{operation_id} returned {type(result)}")
        self.called.add(operation_id)
        return result

    def lines(self, operation_id: str, **arguments: typing.Any) -> list[typing.Any]:
        """Returns the parsed lines of an export."""
        check(operation_id in LINES, f"{operation_id} returns no lines")
        response = self._methods[f"{snake_case(operation_id)}_without_preload_content"](**arguments)
        self.called.add(operation_id)
        return [json.loads(line) for line in response.data.decode().splitlines()]

    def first_event(self, operation_id: str) -> str:
        """Returns the data of the first event of a stream."""
        response = self._methods[f"{snake_case(operation_id)}_without_preload_content"]()
        self.called.add(operation_id)
        lines = (line.decode() for line in response)
        data = next(line for line in lines if line.startswith("data: "))
        response.close()
        return data.removeprefix("data: ")


def snake_case(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()


def check(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


def eventually(condition: typing.Callable[[], typing.Any], what: str) -> typing.Any:
    """Returns the first true result of a condition."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(f"Timed out: {what}")


class Receiver(BaseHTTPRequestHandler):
    """Accepts every request and keeps the last validation code."""

    code = ""

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if event["type"] == "webhook.validation":
            Receiver.code = event["data"]["code"]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: typing.Any) -> None:
        """Logs nothing."""


def start_receiver() -> str:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def call_operations(call: Calls) -> None:
    check(call("checkLiveness").status == "ok", "not alive")
    check(call("checkReadiness").status == "ok", "not ready")
    check("posthorn_" in call("getMetrics"), "no metrics")
    check("<html" in call("getApiReference"), "no page")
    check("not_found" in call("getErrorReference"), "an error is missing")
    check(call("getEgressAddresses").addresses == ["198.51.100.0/28"], "another address")
    check(call("getSignInOptions").api_key, "no sign-in with a key")
    check(call("getOpenApiDocument").openapi.startswith("3."), "no document")


def call_accounts(call: Calls, api_url: str) -> Calls:
    """Returns a client that is signed in."""
    tenant = call("createTenant", create_tenant=models.CreateTenant(name="acme"))
    check(tenant.id in [each.id for each in call("listTenants", search="acme").data], "tenant not listed")
    quotas = models.UpdateTenant(quotas=models.TenantQuotaChanges(webhooks=10))
    check(call("updateTenant", id=tenant.id, update_tenant=quotas).quotas.webhooks == 10, "another quota")
    check(call("getTenant", id=tenant.id).usage.webhooks == 0, "another usage")
    suspended = call("suspendTenant", id=tenant.id, suspend_tenant=models.SuspendTenant(reason="unpaid"))
    check(suspended.status == "suspended" and suspended.suspend_reason == "unpaid", "not suspended")
    check(call("reactivateTenant", id=tenant.id).status == "active", "not reactivated")
    egress = models.PutTenantEgress.from_dict({"proxy": "direct"})
    route = call("putTenantEgress", id=tenant.id, put_tenant_egress=egress)
    check(route.proxy.actual_instance == "direct", "another proxy")
    check(call("getTenantEgress", id=tenant.id).private_networks == [], "another network")
    gone = call("createTenant", create_tenant=models.CreateTenant(name="gone"))
    call("deleteTenant", id=gone.id)
    check(call("getTenant", id=gone.id).purge_at is not None, "not deleted")
    check(call("restoreTenant", id=gone.id).status == "active", "not restored")
    exported = call.lines("exportTenant", id=tenant.id)
    check(exported[-1]["type"] == "complete", "an incomplete export")
    erased = call("createErasure", erase=models.Erase(tenant_id=gone.id, key="/customer/id", value="cus_1"))
    check(call("getErasure", id=erased.id).key == "/customer/id", "another erasure")
    check(erased.id in [each.id for each in call("listErasures").data], "erasure not listed")
    own = models.PutTenant(name="own")
    created = call("putTenant", id="ext:own", put_tenant=own)
    check(call("putTenant", id="ext:own", put_tenant=own).id == created.id, "created twice")
    created = call(
        "createApiKey",
        create_api_key=models.CreateApiKey(
            name="temporary",
            tenant_id=tenant.id,
            scopes=[models.Scope.SCOPE_ADMIN],
            expires_at=datetime.now(timezone.utc) + timedelta(hours=1),
        ),
    )
    rotated = call("rotateApiKey", id=created.id, rotate_api_key=models.RotateApiKey(overlap_hours=0))
    check(rotated.scopes == [models.Scope.SCOPE_ADMIN], "another scope")
    call("revokeApiKey", id=rotated.id)
    check(call("getApiKey", id=rotated.id).revoked_at is not None, "key not revoked")
    keys = call("listApiKeys", tenant_id=tenant.id).data
    check(rotated.id in [key.id for key in keys], "key not listed")
    link = models.CreatePortalLink(
        tenant_id=tenant.id,
        role=models.Role.ROLE_VIEWER,
        theme=models.PortalTheme(accent_color="#336699", color_scheme=models.ColorScheme.COLOR_SCHEME_DARK),
        features=models.PortalFeatures(delete=False),
        language=models.PortalLanguage.PORTAL_LANGUAGE_DE,
        strings={"Webhooks": "Integrations"},
        parent_origins=["https://app.example"],
        return_url="https://app.example/settings",
    )
    created_link = call("createPortalLink", create_portal_link=link)
    check("/portal?link=" in created_link.url, "no portal link")
    links = call("listPortalLinks", tenant_id=tenant.id).data
    check([each.id for each in links] == [created_link.id], "portal link not listed")
    call("revokePortalLink", id=created_link.id)
    return sign_in(call, tenant.key, api_url)


def sign_in(call: Calls, key: str, api_url: str) -> Calls:
    check(call("createSession", sign_in=models.SignIn(key=key)).expires_at is not None, "no expiry")
    # The session is the cookie, which the generated client does not keep.
    body = json.dumps({"key": key}).encode()
    request = urllib.request.Request(f"{api_url}/v1/session", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:
        cookie = response.headers["set-cookie"].split(";")[0].partition("=")[2]
    session = Calls(api_url, api_key={"session": cookie})
    check(session("getSession").holder.tenant_id is not None, "session of another key")
    session("keepSession")
    return session


def call_event_types(call: Calls) -> None:
    schema = {"type": "object", "properties": {"amount": {"type": "integer"}}}
    new = models.CreateEventType(name="invoice.paid", var_schema=schema, example={"amount": 1})
    call("createEventType", create_event_type=new)
    changed = models.UpdateEventType(
        description="An invoice was paid",
        group="Billing",
        search_keys=["/amount"],
        redact=["/card/number"],
        retention=models.RetentionChanges(payload_days=7, history_days=30),
    )
    call("updateEventType", name="invoice.paid", update_event_type=changed)
    event_type = call("getEventType", name="invoice.paid")
    check(event_type.group == "Billing", "group not changed")
    check(event_type.retention.payload_days == 7, "retention not changed")
    check(event_type.retention.history_days == 30, "history retention not changed")
    check(len(call("listEventTypes").data) == 1, "event type not listed")


def call_webhooks(call: Calls) -> models.Webhook:
    """Returns an active webhook."""
    new = models.CreateWebhook(
        url=start_receiver(),
        event_types=["invoice.*"],
        headers={"x-version": "1"},
        metadata={"customer": 4711},
        retry_schedule=[1, 2],
        timeout_ms=5000,
        filter={"properties": {"amount": {"minimum": 10}}},
        rate_limit=models.RateLimit(limit=100, per_seconds=1),
    )
    created = call("createWebhook", create_webhook=new, idempotency_key="webhook-1")
    check(created.status is models.WebhookStatus.WEBHOOK_STATUS_PENDING_VALIDATION, "already validated")
    check(created.rate_limit == new.rate_limit, "another rate limit")
    page = call("listWebhooks", status=models.WebhookStatus.WEBHOOK_STATUS_PENDING_VALIDATION, limit=10)
    check([each.id for each in page.data] == [created.id] and page.next_cursor is None, "webhook not listed")
    changed = models.UpdateWebhook(description="Billing", rate_limit=None, sequence=True)
    check(call("updateWebhook", id=created.id, update_webhook=changed).description == "Billing", "not changed")
    sent = call("requestValidation", id=created.id)
    check(sent.status is models.ValidationOutcome.VALIDATION_OUTCOME_CODE_SENT, "no code was sent")
    code = models.ConfirmValidation(code=Receiver.code)
    active = call("confirmValidation", id=created.id, confirm_validation=code)
    check(active.status is models.WebhookStatus.WEBHOOK_STATUS_ACTIVE, "not active")
    moved = call("createWebhook", create_webhook=models.CreateWebhook(url=new.url, event_types=["moved"]))
    attest = models.AttestValidation(reason="Receives from the old system")
    attested = call("attestValidation", id=moved.id, attest_validation=attest)
    check(attested.attestation.reason == attest.reason, "not attested")
    call("deleteWebhook", id=moved.id)
    egress = models.PutWebhookEgress.from_dict({"proxy": "direct"})
    call("putWebhookEgress", id=active.id, put_webhook_egress=egress)
    check(call("getWebhookEgress", id=active.id).proxy.actual_instance == "direct", "another proxy")
    test = models.TestWebhook(event_type="invoice.paid")
    check(call("testWebhook", id=active.id, test_webhook=test).succeeded, "the test event failed")
    auth = {"type": "oauth2", "tokenUrl": f"{new.url}token", "clientId": "posthorn", "clientSecret": "secret"}
    protected = models.UpdateWebhook(auth=models.WebhookAuthInput.from_dict(auth))
    call("updateWebhook", id=active.id, update_webhook=protected)
    check(not call("testAuthentication", id=active.id).succeeded, "a token from a receiver")
    call("updateWebhook", id=active.id, update_webhook=models.UpdateWebhook(auth=None))
    check(call("rotateSecret", id=active.id).secret != created.secret, "the secret was not rotated")
    secrets = call("listSecrets", id=active.id).data
    previous = next(secret for secret in secrets if secret.ends_at is not None)
    call("endSecret", id=active.id, secret_id=previous.id)
    key = call("createSigningKey", id=active.id)
    check([each.id for each in call("listSigningKeys", id=active.id).data] == [key.id], "key not listed")
    check(call("getPublicKeys", webhook_id=active.id).keys[0].public_key == key.public_key, "key not published")
    call("endSigningKey", id=active.id, key_id=key.id)
    call_certificates(call, active.id)
    preview = models.PreviewDeliveryFormat(
        delivery_format=models.DeliveryFormat.from_dict({"body": "data", "signatures": ["stripe"]}),
        event_type="invoice.paid",
        data={"amount": 1},
    )
    check("stripe-signature" in call("previewDeliveryFormat", preview_delivery_format=preview).headers, "not signed")
    put = models.PutWebhook(url=new.url, event_types=["own.*"])
    own = call("putWebhook", id="ext:own", put_webhook=put)
    check(call("putWebhook", id="ext:own", put_webhook=put).id == own.id, "created twice")
    call("deleteWebhook", id="ext:own")
    call_import(call, new.url)
    return call("getWebhook", id=active.id)


def call_certificates(call: Calls, webhook_id: str) -> None:
    subject = models.CreateCertificateRequest(common_name="posthorn.example")
    tenant_id = call("createTenant", create_tenant=models.CreateTenant(name="certified")).id
    requests = [
        call("requestClientCertificate", id=webhook_id, create_certificate_request=subject),
        call("requestTenantCertificate", id=tenant_id, create_certificate_request=subject),
    ]
    keys = [each.certificate_request for each in requests]
    check(all("CERTIFICATE REQUEST" in key for key in keys) and keys[0] != keys[1], "no signing requests")
    own = new_certificate()
    changed = call("putClientCertificate", id=webhook_id, put_client_certificate=own)
    check(changed.client_certificate.subject == "CN=client", "no client certificate")
    changed = call("putTenantCertificate", id=tenant_id, put_client_certificate=own)
    check(changed.client_certificate.subject == "CN=client", "no client certificate of the tenant")
    call("updateWebhook", id=webhook_id, update_webhook=models.UpdateWebhook(client_certificate=None))


def new_certificate() -> models.PutClientCertificate:
    with tempfile.TemporaryDirectory() as folder:
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "client.key"]
        command = ["openssl", "req", "-x509", *key, "-subj", "/CN=client", "-days", "365", "-out", "client.pem"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        certificate, private_key = (pathlib.Path(folder, name).read_text() for name in ("client.pem", "client.key"))
    return models.PutClientCertificate(certificate=certificate, private_key=private_key)


def call_import(call: Calls, url: str) -> None:
    source = models.ImportWebhook(
        source="Test",
        url=url,
        event_types=["own.*"],
        secrets=[models.ImportedSecret(secret="the secret of the source", secret_encoding=models.SecretEncoding.SECRET_ENCODING_TEXT)],
        shadow=True,
    )
    imported = call("importWebhook", id="ext:imported", import_webhook=source)
    check(imported.action is models.ImportAction.IMPORT_ACTION_CREATED, "not imported")
    again = call("importWebhook", id="ext:imported", import_webhook=source)
    check(again.action is models.ImportAction.IMPORT_ACTION_UNCHANGED, "imported twice")
    refusal = models.ImportRefusal(external_id="refused", url=url, reason="its filter has no counterpart")
    refused = models.PutRefusedImports(source="Test", webhooks=[refusal])
    check(len(call("putRefusedImports", id="default", put_refused_imports=refused).data) == 1, "not refused")
    check(call("listRefusedImports", id="default").data[0].external_id == "refused", "not listed")
    accepted = models.EndShadows(accept_refused=True)
    check(call("endShadows", id="default", end_shadows=accepted).ended == 1, "another number of shadows")
    removal = models.RemoveImport(source="Test")
    removed = call("removeImport", id=imported.webhook.id, remove_import=removal)
    check(removed.action is models.RemovalAction.REMOVAL_ACTION_REMOVED, "not removed")
    call("deleteWebhook", id="ext:imported")


def call_events(call: Calls, webhook: models.Webhook) -> str:
    """Returns the id of an event that was delivered."""
    new = models.PublishEvent(type="invoice.paid", data={"amount": 12}, idempotency_key="invoice-1")
    event = call("publishEvent", publish_event=new)
    again = call("publishEvent", publish_event=new)
    check(again.id == event.id and again.duplicate, "published twice")
    small = models.PublishEvent(type="invoice.paid", data={"amount": 1})
    invalid = models.PublishEvent(type="posthorn.mine", data={})
    batch = call("publishBatch", publish_batch=models.PublishBatch(events=[small, invalid]))
    check(len(batch.accepted) == 1, "the small invoice was not accepted")
    check([each.code for each in batch.rejected] == [models.RejectionCode.REJECTION_CODE_INVALID_INPUT], "not rejected")
    check(call("getEvent", id=event.id).data == {"amount": 12}, "other data")
    check(len(call("listEvents", type="invoice.paid").data) == 2, "events not listed")
    data = call("explainEvent", id=batch.accepted[0].id).data
    explanation = next(each for each in data if each.webhook_id == webhook.id)
    check(explanation.reason is models.ExplanationReason.EXPLANATION_REASON_FILTERED_OUT, "not filtered out")
    check(call("listRejectedEvents").data == [], "rejected events")
    check_error(call, client.exceptions.NotFoundException, "getRejectedEvent", id="rej_01jw000000e008000000000001")
    return event.id


def call_deliveries(call: Calls, event_id: str, webhook: models.Webhook) -> None:
    def delivered() -> list[models.Delivery]:
        succeeded = models.DeliveryStatus.DELIVERY_STATUS_SUCCEEDED
        return call("listDeliveries", webhook_id=webhook.id, status=succeeded).data

    delivery = eventually(delivered, "the event is delivered")[0]
    check(call("listEventDeliveries", id=event_id).data[0].id == delivery.id, "another delivery")
    attempt = call("listAttempts", id=delivery.id).data[0]
    check(attempt.response_status == 204 and attempt.error is None, "another response")
    sent = call("getDeliveryRequest", id=delivery.id)
    check(sent.headers["webhook-id"] == event_id, "another request")
    check(json.loads(sent.body)["data"] == {"amount": 12}, "another body")
    retried = call("retryDelivery", id=delivery.id)
    check(retried.status is models.DeliveryStatus.DELIVERY_STATUS_PENDING, "not pending")
    eventually(delivered, "the event is delivered again")
    check(call("getDelivery", id=delivery.id).attempt_count == 2, "another number of attempts")
    recorded = models.RecordedRequest(event=event_id, headers={"x-version": "1"}, body="{}")
    comparison = call("compareRequest", id=webhook.id, recorded_request=recorded)
    check(comparison.delivery_id == delivery.id and comparison.body.offset == 1, "another comparison")
    check(call("listBlockedKeys", id=webhook.id).data == [], "blocked keys")
    check_error(call, client.exceptions.ConflictException, "skipDelivery", id=delivery.id)
    selected = models.RetryDeliveries(ids=[delivery.id])
    result = call("retryDeliveries", retry_deliveries=selected).results[0]
    check(result.result is models.RetryOutcome.RETRY_OUTCOME_RETRIED and result.code is None, "not retried")
    eventually(delivered, "the event is delivered a third time")


def call_feed(call: Calls, event_id: str, webhook: models.Webhook) -> None:
    entry = call("getFeed", id=webhook.id, after=0, limit=10, wait=0).entries[0]
    check(entry.event_id == event_id and entry.headers["webhook-sequence"] == "1", "another entry")
    cursor = models.SetFeedCursor(sequence=entry.sequence)
    check(call("setFeedCursor", id=webhook.id, set_feed_cursor=cursor).cursor == 1, "another cursor")
    check(call("getFeedCursor", id=webhook.id).cursor == 1, "the cursor was not stored")
    key = call("createApiKey", create_api_key=models.CreateApiKey(name="feed", webhook_id=webhook.id))
    check(key.scopes == [models.Scope.SCOPE_FEED_READ], "another scope")


def call_replays(call: Calls, event_id: str, webhook: models.Webhook) -> None:
    def is_completed() -> bool:
        return call("getReplay", id=replay.id).status is models.ReplayStatus.REPLAY_STATUS_COMPLETED

    now = datetime.now(timezone.utc)
    range_of_time = models.ReplayWebhook(
        var_from=now - timedelta(hours=1),
        to=now + timedelta(hours=1),
        statuses=[models.SettledStatus.SETTLED_STATUS_SUCCEEDED],
    )
    replay = call("replayWebhook", id=webhook.id, replay_webhook=range_of_time)
    check(replay.total == 1, "another number of deliveries")
    eventually(is_completed, "the replay is completed")
    # With this limit the second request waits for an hour.
    slow = models.UpdateWebhook(rate_limit=models.RateLimit(limit=1, per_seconds=3600))
    call("updateWebhook", id=webhook.id, update_webhook=slow)
    replay = call("replayEvent", id=event_id)
    eventually(is_completed, "the event is replayed")
    replay = call("replayEvent", id=event_id)
    check(call("cancelReplay", id=replay.id).status is models.ReplayStatus.REPLAY_STATUS_CANCELLED, "not cancelled")
    check(len(call("listReplays").data) == 3, "replays not listed")


def call_recoveries(call: Calls, webhook: models.Webhook) -> None:
    since = datetime.now(timezone.utc) - timedelta(hours=1)
    preview = call("createRecovery", recover=models.Recover(since=since, webhook_id=webhook.id, dry_run=True))
    check(preview.id is None and preview.total == 0, "deliveries to recover")
    # Its rate limit still holds this one.
    call("publishEvent", publish_event=models.PublishEvent(type="invoice.paid", data={"amount": 20}))
    call("suspendWebhook", id=webhook.id)
    call("reactivateWebhook", id=webhook.id)
    dropped = models.Recover(since=since, webhook_id=webhook.id, include_dropped=True)
    recovery = call("createRecovery", recover=dropped)
    check(recovery.total == 1, "another number of deliveries to recover")
    check(call("listRecoveries").data[0].id == recovery.id, "recovery not listed")
    check(call("getRecovery", id=recovery.id).progress.retrying == 0, "retries of a recovery")
    check(call("cancelRecovery", id=recovery.id).status is models.ReplayStatus.REPLAY_STATUS_CANCELLED, "not cancelled")


def check_error(call: Calls, expected: type[Exception], operation_id: str, **arguments: typing.Any) -> None:
    try:
        call(operation_id, **arguments)
    except expected:
        call.called.add(operation_id)
    else:
        raise AssertionError(f"{operation_id} did not raise {expected.__name__}")


def call_notifications(call: Calls, webhook: models.Webhook) -> None:
    check(not call("getNotifications").email.enabled, "emails are sent")
    conflict, not_found = client.exceptions.ConflictException, client.exceptions.NotFoundException
    check_error(call, conflict, "testNotifications")
    new = models.AddNotificationRecipient(address="it@customer.example")
    check_error(call, conflict, "addRecipient", add_notification_recipient=new)
    check(call("listRecipients").data == [], "recipients")
    check_error(call, not_found, "removeRecipient", address="it@customer.example")
    until = models.MuteWebhook(until_at=datetime.now(timezone.utc) + timedelta(hours=1))
    muted = call("muteWebhook", id=webhook.id, mute_webhook=until)
    check(muted.notifications.muted_until is not None, "not muted")
    check(call("unmuteWebhook", id=webhook.id).notifications.muted_at is None, "still muted")
    check_error(call, conflict, "acknowledgeWebhook", id=webhook.id)


def call_reports(call: Calls, webhook: models.Webhook) -> None:
    check(call("getStats", interval=models.StatsInterval.STATS_INTERVAL_HOUR).interval is models.StatsInterval.STATS_INTERVAL_HOUR, "interval")
    check(call("getWebhookTrends", webhook_ids=webhook.id).data[0].webhook_id == webhook.id, "another webhook")
    check(call("getOverview").webhooks.active == 1, "another number of webhooks")
    check(call("getAttention").failing.total == 0, "failing webhooks")
    overview = models.Overview.from_json(call.first_event(STREAM))
    check(overview.webhooks.active == 1, "another number of webhooks")
    found = call("search", q="12").data
    check([each.search_key for each in found] == ["/amount"], "the event was not found by its amount")
    action = models.AuditAction.AUDIT_ACTION_WEBHOOK_CREATED
    entries = call("listAuditEntries", action=action, target=webhook.id).data
    check(len(entries) == 1, "audit log entry not listed")
    verification = call("verifyAuditEntries", after=0)
    check(verification.first_break is None, "the audit log is not intact")
    lines = call.lines("exportAuditEntries", after=0)
    check(lines[-1]["type"] == "complete", "the export of the audit log is not complete")
    usage = call("getUsage", group_by="day").data
    check(usage[-1].events > 0 and usage[-1].bytes > 0, "no usage")


def call_endings(call: Calls, session: Calls, webhook: models.Webhook) -> None:
    suspended = call("suspendWebhook", id=webhook.id, suspend_webhook=models.SuspendWebhook(reason="a pause"))
    check(suspended.suspend_reason == "a pause", "another reason")
    reactivated = call("reactivateWebhook", id=webhook.id)
    check(reactivated.status is models.WebhookStatus.WEBHOOK_STATUS_ACTIVE, "not active")
    call("deleteWebhook", id=webhook.id)
    call("deleteEventType", name="invoice.paid")
    session("deleteSession")


def check_failure(call: Calls, webhook: models.Webhook) -> None:
    try:
        call("getWebhook", id=webhook.id)
    except client.exceptions.NotFoundException as error:
        check(isinstance(error.data, models.Problem), "the failure has no problem")
        check(error.data.code is models.ErrorCode.ERROR_CODE_NOT_FOUND, "another code")
    else:
        raise AssertionError("a deleted webhook was found")


def check_models() -> None:
    """Checks that no field of a model accepts anything, except that of a union, which validates its value itself."""
    for name, model in inspect.getmembers(models, inspect.isclass):
        for field, info in getattr(model, "model_fields", {}).items():
            if field == "actual_instance":
                continue
            check(info.annotation is not typing.Any, f"{name}.{field} has no type")


def operation_ids(api_url: str) -> set[str]:
    with urllib.request.urlopen(f"{api_url}/openapi.json") as response:
        paths = json.load(response)["paths"]
    return {operation["operationId"] for item in paths.values() for operation in item.values()}


def main(api_url: str, admin_key: str) -> None:
    call = Calls(api_url, access_token=admin_key)
    check_models()
    call_operations(call)
    session = call_accounts(call, api_url)
    call_event_types(call)
    webhook = call_webhooks(call)
    event_id = call_events(call, webhook)
    call_deliveries(call, event_id, webhook)
    call_feed(call, event_id, webhook)
    call_replays(call, event_id, webhook)
    call_recoveries(call, webhook)
    call_notifications(call, webhook)
    call_reports(call, webhook)
    call_endings(call, session, webhook)
    check_failure(call, webhook)
    missing = operation_ids(api_url) - BROWSER - call.called - session.called
    check(not missing, f"Operations without a call: {', '.join(sorted(missing))}")
    print(f"{len(call.called | session.called)} operations\n{event_id}")


main(*sys.argv[1:])
