import { idParams } from '../values/ids.js';
import {
  acceptedReplay,
  listReplaysQuery,
  replay,
  replayBody,
  replayEventBody,
  replayPage,
} from './replay.js';
import type { RouteDefinition } from '../routes/route.js';
import { webhookTenantQuery } from '../values/tenant-reference.js';

const params = idParams('replay');
const read = { tag: 'Replays', scope: 'deliveries:read', tenancy: 'own' } as const;
const write = { tag: 'Replays', scope: 'deliveries:write', tenancy: 'own' } as const;

const accepted = {
  202: { description: 'The replay, or what it would cover.', body: acceptedReplay },
} as const;

export const replayRoutes = {
  replayWebhook: {
    ...write,
    portalFeatures: ['retry'],
    method: 'post',
    path: '/v1/webhooks/:id/replay',
    summary: 'Replay the deliveries of a webhook',
    description:
      'Sends the settled deliveries of a time range again, oldest first and each once. Live traffic has priority. Deliveries that ' +
      'are pending, were created after the replay, or whose event has expired are skipped. Attempt numbers continue from the last ' +
      'attempt: a delivery with exhausted retries gets one more attempt, and fails with `exhausted` if it fails again. ' +
      'Returns 409 `invalid_state` if the webhook is not active. A suspension cancels the replay.',
    params: idParams('webhook'),
    query: webhookTenantQuery,
    body: replayBody,
    responses: accepted,
    errors: ['tenant_deleted', 'tenant_suspended', 'invalid_state'],
  },
  replayEvent: {
    ...write,
    portalFeatures: ['retry'],
    method: 'post',
    path: '/v1/events/:id/replay',
    summary: 'Replay an event',
    description:
      'Sends all settled deliveries of an event again, each once, if their webhooks are active. Returns 409 `invalid_state` if the ' +
      'data of the event was erased.',
    params: idParams('event'),
    body: replayEventBody,
    bodyOptional: true,
    responses: accepted,
    errors: ['tenant_suspended', 'tenant_deleted', 'invalid_state'],
  },
  listReplays: {
    ...read,
    method: 'get',
    path: '/v1/replays',
    summary: 'List replays',
    description: 'Returns replays, newest first, without their `progress`.',
    query: listReplaysQuery,
    responses: { 200: { description: 'A page of replays.', body: replayPage } },
    errors: ['not_found'],
  },
  getReplay: {
    ...read,
    method: 'get',
    path: '/v1/replays/:id',
    summary: 'Get a replay',
    description: 'Returns a replay and its progress.',
    params,
    responses: { 200: { description: 'The replay.', body: replay } },
  },
  cancelReplay: {
    ...write,
    portalFeatures: ['retry'],
    method: 'post',
    path: '/v1/replays/:id/cancel',
    summary: 'Cancel a replay',
    description:
      'Drops the pending deliveries of the replay with the reason `replay_cancelled`; those that had succeeded before are ' +
      'succeeded again. Deliveries that it has not requeued yet do not change. Requests in flight are not aborted. Returns 409 ' +
      '`invalid_state` if the replay is completed. Has no effect if it is cancelled already.',
    params,
    responses: { 200: { description: 'The replay.', body: replay } },
    errors: ['invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
