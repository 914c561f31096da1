import { testAttempt, testBody } from './attempt.js';
import { idParams } from './ids.js';
import { pageOf } from './lists.js';
import type { RouteDefinition } from './route.js';
import { confirmBody, requestedValidation } from './validation.js';
import {
  createdWebhook,
  createWebhookBody,
  listWebhooksQuery,
  reactivateBody,
  rotatedSecret,
  rotateSecretBody,
  suspendBody,
  suspendedWebhook,
  updateWebhookBody,
  webhook,
} from './webhook.js';

const params = idParams('webhook');
const read = { tag: 'Webhooks', scope: 'webhooks:read', tenancy: 'own' } as const;
const write = { tag: 'Webhooks', scope: 'webhooks:write', tenancy: 'own' } as const;

export const webhookRoutes = {
  createWebhook: {
    ...write,
    method: 'post',
    path: '/v1/webhooks',
    summary: 'Create a webhook',
    description: 'It gets no events before its URL is validated.',
    body: createWebhookBody,
    answers: { 201: { description: 'Created, with its signing secret.', body: createdWebhook } },
    errors: ['url_not_allowed', 'not_found'],
  },
  listWebhooks: {
    ...read,
    method: 'get',
    path: '/v1/webhooks',
    summary: 'List webhooks',
    query: listWebhooksQuery,
    answers: { 200: { description: 'One page, newest first.', body: pageOf(webhook) } },
    errors: ['not_found'],
  },
  getWebhook: {
    ...read,
    method: 'get',
    path: '/v1/webhooks/:id',
    summary: 'Get a webhook',
    params,
    answers: { 200: { description: 'The webhook.', body: webhook } },
  },
  updateWebhook: {
    ...write,
    method: 'patch',
    path: '/v1/webhooks/:id',
    summary: 'Change a webhook',
    description:
      'Everything but the URL at once. A new URL of a validated webhook is staged as `pendingUrl`; the old one keeps ' +
      'receiving until the new one is validated. The present URL takes a staged one back. A change of the URL that ' +
      'waits for validation makes codes that were sent before worthless.',
    params,
    body: updateWebhookBody,
    answers: { 200: { description: 'The webhook.', body: webhook } },
    errors: ['url_not_allowed'],
  },
  deleteWebhook: {
    ...write,
    method: 'delete',
    path: '/v1/webhooks/:id',
    summary: 'Delete a webhook',
    description:
      'After the answer no request to it starts. Pending deliveries are dropped. Its deliveries stay readable; the ' +
      'webhook itself is not found any more.',
    params,
    answers: { 204: { description: 'Deleted.', body: null } },
  },
  requestValidation: {
    ...write,
    method: 'post',
    path: '/v1/webhooks/:id/validation',
    summary: 'Send the validation code to the URL',
    description:
      'To the pending URL, if there is one. The code can be confirmed for 15 minutes, and makes older ones worthless. ' +
      'When the receiver does not answer 2xx, the problem has `responseStatus` and, where known, `responseBody` or `error`. ' +
      'A receiver that answers `{"code": "<the code>"}` is confirmed at once. The request carries the custom headers, ' +
      'but not to a pending URL of another origin than the present one.',
    params,
    answers: { 200: { description: 'The receiver took the code.', body: requestedValidation } },
    errors: ['invalid_state', 'validation_delivery_failed', 'conflict'],
  },
  confirmValidation: {
    ...write,
    method: 'post',
    path: '/v1/webhooks/:id/validation/confirm',
    summary: 'Confirm the validation code',
    description: 'After 5 wrong codes the code is burnt. `attemptsLeft` in the problem says how many are left.',
    params,
    body: confirmBody,
    answers: { 200: { description: 'The webhook, with the URL validated.', body: webhook } },
    errors: [
      'invalid_state',
      'validation_code_invalid',
      'validation_code_expired',
      'validation_code_locked',
      'validation_not_requested',
    ],
  },
  suspendWebhook: {
    ...write,
    method: 'post',
    path: '/v1/webhooks/:id/suspend',
    summary: 'Suspend a webhook',
    description:
      'A barrier: after the answer no request to it starts. Pending deliveries are dropped for good.',
    params,
    body: suspendBody,
    bodyOptional: true,
    answers: { 200: { description: 'The webhook.', body: suspendedWebhook } },
    errors: ['invalid_state'],
  },
  reactivateWebhook: {
    ...write,
    method: 'post',
    path: '/v1/webhooks/:id/reactivate',
    summary: 'Reactivate a suspended webhook',
    description: 'It gets what is published from now on, and nothing from before.',
    params,
    body: reactivateBody,
    bodyOptional: true,
    answers: { 200: { description: 'The webhook.', body: webhook } },
    errors: ['invalid_state'],
  },
  rotateSecret: {
    ...write,
    method: 'post',
    path: '/v1/webhooks/:id/secret/rotate',
    summary: 'Make a new signing secret',
    description: 'Both sign while they overlap. At most 5 secrets sign at a time: the oldest ends early.',
    params,
    body: rotateSecretBody,
    bodyOptional: true,
    answers: { 200: { description: 'The new secret.', body: rotatedSecret } },
  },
  testWebhook: {
    ...write,
    method: 'post',
    path: '/v1/webhooks/:id/test',
    summary: 'Send an example event now',
    description:
      'One signed request, not retried and not recorded. Its data is the example of the event type, or else `{}`. ' +
      'The answer is 200 whatever the receiver does.',
    params,
    body: testBody,
    answers: { 200: { description: 'What came of it.', body: testAttempt } },
    errors: ['invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
