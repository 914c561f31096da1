import { idParams } from '../values/ids.js';
import { acceptedRecovery, listRecoveriesQuery, recovery, recoveryBody, recoveryPage } from './recovery.js';
import type { RouteDefinition } from '../routes/route.js';

const params = idParams('recovery');
const read = { tag: 'Recoveries', scope: 'deliveries:read', tenancy: 'own' } as const;
const write = { tag: 'Recoveries', scope: 'deliveries:write', tenancy: 'own' } as const;

export const recoveryRoutes = {
  createRecovery: {
    ...write,
    portalFeatures: ['retry'],
    method: 'post',
    path: '/v1/recoveries',
    summary: 'Recover from an outage',
    description:
      'Retries everything that did not succeed in a time range, for one webhook, one tenant or, with `tenantId` `*`, all ' +
      'tenants: failed deliveries, and pending ones that wait for a retry, without using up their retry schedule. Each webhook ' +
      'gets its deliveries oldest first. Live traffic has priority. ' +
      'Deliveries that a suspension dropped stay dropped unless `includeDropped` is true, and webhooks that are not active are left out. ' +
      'With `webhookId`, a key for all tenants can omit `tenantId`, and the call returns 409 `invalid_state` if the webhook is not active.',
    body: recoveryBody,
    responses: {
      202: { description: 'The recovery, or what it would cover.', body: acceptedRecovery },
    },
    errors: ['tenant_suspended', 'not_found', 'invalid_state'],
  },
  listRecoveries: {
    ...read,
    method: 'get',
    path: '/v1/recoveries',
    summary: 'List recoveries',
    description: 'Returns recoveries, newest first, without their `progress`.',
    query: listRecoveriesQuery,
    responses: { 200: { description: 'A page of recoveries.', body: recoveryPage } },
    errors: ['not_found'],
  },
  getRecovery: {
    ...read,
    method: 'get',
    path: '/v1/recoveries/:id',
    summary: 'Get a recovery',
    description: 'Returns a recovery and its progress.',
    params,
    responses: { 200: { description: 'The recovery.', body: recovery } },
  },
  cancelRecovery: {
    ...write,
    portalFeatures: ['retry'],
    method: 'post',
    path: '/v1/recoveries/:id/cancel',
    summary: 'Cancel a recovery',
    description:
      'Deliveries that the recovery has not queued yet do not change. Queued ones that had failed before are dropped with the reason ' +
      '`replay_cancelled`, and none of them is sent after the response; many are still pending for a moment. Those that were pending ' +
      'before stay pending. Requests in flight are not aborted. Returns 409 ' +
      '`invalid_state` if the recovery is completed. Has no effect if it is cancelled already.',
    params,
    responses: { 200: { description: 'The recovery.', body: recovery } },
    errors: ['invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
