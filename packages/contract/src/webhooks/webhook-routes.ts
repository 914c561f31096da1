import { testAttempt, testBody } from '../deliveries/attempt.js';
import { z } from 'zod';
import { blockedKeyPage, listBlockedKeysQuery } from './blocked-key.js';
import { compareBody, comparison, MAX_COMPARE_BYTES } from './comparison.js';
import { externalReference } from '../values/external-id.js';
import { idOf, idParams } from '../values/ids.js';
import { pageQuery } from '../values/lists.js';
import { NOT_MODIFIED, type RouteDefinition } from '../routes/route.js';
import { webhookTenantQuery } from '../values/tenant-reference.js';
import { createSigningKeyBody, signingKey, signingKeyPage } from './signing-key.js';
import { attestBody, confirmBody, requestedValidation } from './validation.js';
import { listWebhooksQuery, webhookPage } from './list-webhooks.js';
import { rotatedSecret, rotateSecretBody, signingSecretPage } from './signing-secret.js';
import { reactivateBody, suspendBody, suspendedWebhook } from './suspension.js';
import {
  createdWebhook,
  createWebhookBody,
  putWebhookBody,
  putWebhookResult,
  updateWebhookBody,
} from './webhook-changes.js';
import { webhook } from './webhook.js';

const params = idParams('webhook');
const secretParams = params.extend({ secretId: idOf('signingSecret') });
const keyParams = params.extend({ keyId: idOf('signingKey') });
const query = webhookTenantQuery;
const page = z.strictObject(pageQuery).extend(query.shape);
const read = { tag: 'Webhooks', scope: 'webhooks:read', tenancy: 'own' } as const;
const write = { tag: 'Webhooks', scope: 'webhooks:write', tenancy: 'own' } as const;
const operate = { ...write, scope: 'webhooks:operate' } as const;

export const webhookRoutes = {
  createWebhook: {
    ...write,
    portalFeatures: ['create'],
    hasEntityTag: true,
    method: 'post',
    path: '/v1/webhooks',
    summary: 'Create a webhook',
    description:
      'Creates a webhook with the status `pending_validation`. It receives no events until its URL is validated; with `delivery` `pull` ' +
      'it has no URL and is active immediately. The signing ' +
      'secret, a new one or yours, is returned only in this response. Returns 422 `url_not_allowed` if the URL is not an allowed destination, and 403 ' +
      '`quota_exceeded` if the tenant has reached its webhook quota. A delivery format with only Ed25519 signatures needs ' +
      '`signingKey`: 409 `invalid_state`.',
    body: createWebhookBody,
    responses: {
      201: {
        description: 'The webhook with its signing secret.',
        location: '/v1/webhooks/{id}',
        body: createdWebhook,
      },
    },
    errors: ['url_not_allowed', 'not_found', 'quota_exceeded', 'conflict', 'invalid_state'],
  },
  listWebhooks: {
    ...read,
    method: 'get',
    path: '/v1/webhooks',
    summary: 'List webhooks',
    description: 'Returns webhooks, newest first unless `sort` names another order.',
    query: listWebhooksQuery,
    responses: { 200: { description: 'A page of webhooks.', body: webhookPage } },
    errors: ['not_found'],
  },
  getWebhook: {
    ...read,
    hasEntityTag: true,
    method: 'get',
    path: '/v1/webhooks/:id',
    summary: 'Get a webhook',
    description: 'Returns one webhook. Deleted webhooks are not found.',
    params,
    query,
    responses: { 200: { description: 'The webhook.', body: webhook }, 304: NOT_MODIFIED },
  },
  updateWebhook: {
    ...write,
    portalFeatures: ['edit'],
    hasEntityTag: true,
    method: 'patch',
    path: '/v1/webhooks/:id',
    summary: 'Update a webhook',
    description:
      'Updates the given settings immediately, except the URL. A new URL of a validated webhook becomes the `pendingUrl`; events are ' +
      'sent to the current URL until the new one is validated. Set `url` to the current URL to discard a pending URL. Changing ' +
      'a URL that is not validated yet invalidates earlier validation codes. A delivery format with only Ed25519 signatures is refused ' +
      'with 409 `invalid_state` while the webhook has no Ed25519 key, and any other while it has no signing secret. `delivery` `pull` is ' +
      'refused with 409 `invalid_state` while the webhook is active: suspend it first.',
    params,
    query,
    body: updateWebhookBody,
    responses: { 200: { description: 'The webhook.', body: webhook } },
    errors: ['url_not_allowed', 'conflict', 'invalid_state'],
  },
  putWebhook: {
    ...write,
    portalFeatures: ['create', 'edit'],
    hasEntityTag: true,
    method: 'put',
    path: '/v1/webhooks/:id',
    summary: 'Create or replace a webhook',
    description:
      'Creates a webhook with the external id of the path, `ext:…`, or replaces all settings of the one that has it: absent settings ' +
      'get their defaults. Status and signing secrets stay, and a new URL must be validated, as in an update.',
    params: z.strictObject({ id: externalReference }),
    paramsHint: 'PUT takes your own id: /v1/webhooks/ext:…. To change a webhook by its wh_… id, use PATCH.',
    query,
    body: putWebhookBody,
    responses: {
      200: { description: 'The replaced webhook.', body: putWebhookResult },
      201: {
        description: 'The created webhook with its signing secret.',
        location: '/v1/webhooks/{id}',
        body: putWebhookResult,
      },
    },
    errors: ['url_not_allowed', 'quota_exceeded', 'conflict', 'invalid_state'],
  },
  deleteWebhook: {
    ...write,
    portalFeatures: ['delete'],
    hasEntityTag: true,
    method: 'delete',
    path: '/v1/webhooks/:id',
    summary: 'Delete a webhook',
    description:
      'Deletes a webhook and drops its pending deliveries. No request to the webhook starts after the response. Its deliveries ' +
      'remain readable; the webhook itself is no longer found.',
    params,
    query,
    responses: { 204: { description: 'The webhook is deleted.', body: null } },
  },
  requestValidation: {
    ...write,
    isHeldInQuarantine: true,
    portalFeatures: [['create', 'edit']],
    method: 'post',
    path: '/v1/webhooks/:id/validation',
    summary: 'Send a validation code',
    description:
      'Sends a validation code to the pending URL, or to the URL of a new or only attested webhook. The code expires after 15 minutes and ' +
      'invalidates earlier codes. If the receiver does not respond with a 2xx status, the response is 422 ' +
      '`validation_delivery_failed` with `responseStatus` and, if known, `responseBody` or `error`. A receiver that responds with ' +
      '`{"code": "<the code>"}` is confirmed immediately; one that echoes the request (`id`, `data` or `webhookId`) is not. The body is always ' +
      'that of the standard format; for chat products, it also has the members of a message with the code. Until a URL of the same origin is validated, only keys with the scope ' +
      '`admin` get `responseBody`, `error.message` names only the class of the error, and the request contains the custom headers ' +
      'only if `headersApproved` is true. Requests whose code nobody confirms are limited for each webhook, tenant, host and ' +
      'address: beyond that, the response is 429 `too_many_validations` with `Retry-After`, and nothing is sent.',
    params,
    query,
    responses: { 200: { description: 'The receiver accepted the code.', body: requestedValidation } },
    errors: [
      'tenant_deleted',
      'tenant_suspended',
      'invalid_state',
      'validation_delivery_failed',
      'conflict',
      'too_many_validations',
    ],
  },
  confirmValidation: {
    ...write,
    portalFeatures: [['create', 'edit']],
    method: 'post',
    path: '/v1/webhooks/:id/validation/confirm',
    summary: 'Confirm a validation code',
    description:
      'Validates the URL that the code was sent to. For a wrong code, the response is 422 `validation_code_invalid` with ' +
      '`attemptsLeft`. After 5 wrong attempts the code is locked; request a new one.',
    params,
    query,
    body: confirmBody,
    responses: { 200: { description: 'The webhook with the validated URL.', body: webhook } },
    errors: [
      'invalid_state',
      'validation_code_invalid',
      'validation_code_expired',
      'validation_code_locked',
      'validation_not_requested',
    ],
  },
  attestValidation: {
    tag: 'Webhooks',
    scope: 'admin',
    tenancy: 'all',
    method: 'post',
    path: '/v1/webhooks/:id/validation/attest',
    summary: 'Attest a URL in place of a validation',
    description:
      'For a migration: activates a webhook, or its pending URL, whose receiver has been receiving webhooks from you already, ' +
      'without a code. Requires an admin key for all tenants and the setting `POSTHORN_ATTESTATION_UNTIL`; without it, or once it ' +
      'has passed, the response is 403 `attestation_not_allowed`. The attestation is shown permanently with the webhook, and the URL can still be validated.',
    params,
    query,
    body: attestBody,
    responses: { 200: { description: 'The webhook with the attested URL.', body: webhook } },
    errors: ['attestation_not_allowed', 'invalid_state'],
  },
  suspendWebhook: {
    ...operate,
    portalFeatures: ['suspend'],
    hasEntityTag: true,
    method: 'post',
    path: '/v1/webhooks/:id/suspend',
    summary: 'Suspend a webhook',
    description:
      'Stops all delivery to a webhook: no request to it starts after the response. Pending deliveries are dropped; you can ' +
      'retry them individually, or with a replay or a recovery. Events published while suspended are never sent. Returns 409 `invalid_state` if the webhook is not active.',
    params,
    query,
    body: suspendBody,
    bodyOptional: true,
    responses: { 200: { description: 'The webhook.', body: suspendedWebhook } },
    errors: ['invalid_state'],
  },
  reactivateWebhook: {
    ...operate,
    portalFeatures: ['suspend'],
    hasEntityTag: true,
    method: 'post',
    path: '/v1/webhooks/:id/reactivate',
    summary: 'Reactivate a webhook',
    description:
      'Resumes delivery to a suspended webhook. It receives events published from now on. Events published while suspended are never sent; deliveries that the suspension ' +
      'dropped can be retried individually, or with a replay or a recovery. Returns 409 ' +
      '`invalid_state` if the webhook is not suspended.',
    params,
    query,
    body: reactivateBody,
    bodyOptional: true,
    responses: { 200: { description: 'The webhook.', body: webhook } },
    errors: ['invalid_state'],
  },
  rotateSecret: {
    ...write,
    portalFeatures: ['secrets'],
    method: 'post',
    path: '/v1/webhooks/:id/secrets/rotate',
    summary: 'Rotate the signing secret',
    description:
      'Creates a new signing secret, or uses the one you provide. During the overlap, requests are signed with all valid secrets. At most 5 secrets are valid ' +
      'at the same time; if there are more, the oldest expires early. With an overlap of 0, no request that starts after the ' +
      'response is signed with an older secret.',
    params,
    query,
    body: rotateSecretBody,
    bodyOptional: true,
    responses: { 200: { description: 'The new signing secret.', body: rotatedSecret } },
  },
  listSecrets: {
    ...read,
    portalFeatures: ['secrets'],
    method: 'get',
    path: '/v1/webhooks/:id/secrets',
    summary: 'List signing secrets',
    description: 'Returns the valid signing secrets of a webhook, newest first, without their values.',
    params,
    query: page,
    responses: { 200: { description: 'A page of signing secrets.', body: signingSecretPage } },
  },
  endSecret: {
    ...write,
    portalFeatures: ['secrets'],
    method: 'delete',
    path: '/v1/webhooks/:id/secrets/:secretId',
    summary: 'End a signing secret',
    description:
      'Ends a signing secret immediately: no request that starts after the response is signed with it. If it was the current secret, ' +
      'the newest of the others becomes current and no longer ends. Returns 409 `invalid_state` for the only valid secret: ' +
      'rotate it instead, with an overlap of 0.',
    params: secretParams,
    query,
    responses: { 204: { description: 'The secret has ended.', body: null } },
    errors: ['invalid_state'],
  },
  createSigningKey: {
    ...write,
    portalFeatures: ['secrets'],
    method: 'post',
    path: '/v1/webhooks/:id/signing-keys',
    summary: 'Create an Ed25519 key',
    description:
      'Creates an Ed25519 key, or uses the one you provide, and makes it the current one. Requests of the signature profiles `standard-webhooks` ' +
      'and `svix` have a `v1a` signature for each valid key, beside those of the secrets. During the overlap, older keys sign too. ' +
      'At most 5 keys are valid at the same time; if there are more, the oldest expires early. Receivers find the public keys at ' +
      '`/.well-known/webhook-keys/` and the id of the webhook.',
    params,
    query,
    body: createSigningKeyBody,
    bodyOptional: true,
    responses: {
      201: {
        description: 'The key, without its private key. Read it in the list of keys.',
        body: signingKey,
      },
    },
  },
  listSigningKeys: {
    ...read,
    portalFeatures: ['secrets'],
    method: 'get',
    path: '/v1/webhooks/:id/signing-keys',
    summary: 'List Ed25519 keys',
    description: 'Returns the valid Ed25519 keys of a webhook, newest first, without their private keys.',
    params,
    query: page,
    responses: { 200: { description: 'A page of keys.', body: signingKeyPage } },
  },
  endSigningKey: {
    ...write,
    portalFeatures: ['secrets'],
    method: 'delete',
    path: '/v1/webhooks/:id/signing-keys/:keyId',
    summary: 'End an Ed25519 key',
    description:
      'Ends an Ed25519 key immediately: no request that starts after the response is signed with it. If it was the current key, ' +
      'the newest of the others becomes current and no longer ends. The last one can be ended too, unless the webhook has ' +
      'its own delivery format with only Ed25519 signatures: then the response is 409 `invalid_state`.',
    params: keyParams,
    query,
    responses: { 204: { description: 'The key has ended.', body: null } },
    errors: ['invalid_state'],
  },
  listBlockedKeys: {
    isHeldInQuarantine: true,
    tag: 'Webhooks',
    scope: 'deliveries:read',
    tenancy: 'own',
    method: 'get',
    path: '/v1/webhooks/:id/blocked-keys',
    summary: 'List blocked ordering keys',
    description:
      'Returns the deliveries of a webhook with an order that have failed and wait for a retry, newest first. Events with the same ' +
      'ordering key wait until the delivery succeeds or finally fails. Retry it with `POST /v1/deliveries/{id}/retry`, or let the ' +
      'next one follow with `POST /v1/deliveries/{id}/skip`.',
    params,
    query: listBlockedKeysQuery,
    responses: { 200: { description: 'A page of blocked keys.', body: blockedKeyPage } },
  },
  testWebhook: {
    ...operate,
    isHeldInQuarantine: true,
    portalFeatures: ['test'],
    method: 'post',
    path: '/v1/webhooks/:id/test',
    summary: 'Send a test event',
    description:
      'Sends one signed request with the given `data`, or with the example of the event type. The request is not retried and not ' +
      'recorded. The response is 200 even if the receiver fails. A request for an access token that fails counts as an unconfirmed ' +
      'validation request.',
    params,
    query,
    body: testBody,
    responses: { 200: { description: 'The attempt.', body: testAttempt } },
    errors: ['tenant_deleted', 'tenant_suspended', 'invalid_state', 'conflict', 'too_many_validations'],
  },
  compareRequest: {
    isHeldInQuarantine: true,
    tag: 'Webhooks',
    scope: 'admin',
    tenancy: 'all',
    method: 'post',
    path: '/v1/webhooks/:id/compare',
    summary: 'Compare a recorded request',
    description:
      'For a migration: compares a request of another system with the one that Posthorn would send to the webhook for the same ' +
      'event, byte for byte, in the present delivery format. The webhook should have a delivery of the event, usually as a shadow. The ' +
      'id and the time of the recorded request are read from its headers, and the signatures of Posthorn are compared for the same; an ' +
      'other id is a difference. Headers of the connection, of proxies and of tracing are left out. Nothing is sent or stored.',
    params,
    query,
    body: compareBody,
    maxBodyBytes: MAX_COMPARE_BYTES,
    idempotency: 'none',
    responses: { 200: { description: 'The differences.', body: comparison } },
    errors: ['invalid_state', 'payload_expired'],
  },
} as const satisfies Record<string, RouteDefinition>;
