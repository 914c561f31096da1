import { idParams } from '../values/ids.js';
import type { RouteDefinition } from '../routes/route.js';
import { webhookTenantQuery } from '../values/tenant-reference.js';
import { testedAuthentication } from './webhook-auth.js';

export const webhookAuthRoutes = {
  testAuthentication: {
    isHeldInQuarantine: true,
    tag: 'Webhooks',
    scope: 'webhooks:write',
    tenancy: 'own',
    portalFeatures: [['create', 'edit']],
    method: 'post',
    path: '/v1/webhooks/:id/test-authentication',
    summary: 'Test the OAuth 2.0 client of a webhook',
    description:
      'Requests an access token with the OAuth 2.0 client of the webhook, and returns whether the token endpoint issued one. If it did, ' +
      'deliveries that wait for an access token continue. Nothing of its response is shown, and nothing is sent to the URL of the webhook. ' +
      'Requests that fail are limited like validation requests: beyond that, the response is 429 `too_many_validations` with ' +
      '`Retry-After`, and nothing is sent. Returns 409 `invalid_state` if the webhook has no OAuth 2.0 client, and 409 `conflict` if its ' +
      'authentication, route or status changes during the test.',
    params: idParams('webhook'),
    query: webhookTenantQuery,
    responses: { 200: { description: 'The result.', body: testedAuthentication } },
    errors: ['tenant_deleted', 'tenant_suspended', 'invalid_state', 'conflict', 'too_many_validations'],
  },
} as const satisfies Record<string, RouteDefinition>;
