import { idParams } from './ids.js';
import { listReplaysQuery, replay, replayBody, replayPage } from './replay.js';
import type { RouteDefinition } from './route.js';

const params = idParams('replay');
const read = { tag: 'Replays', scope: 'deliveries:read', tenancy: 'own' } as const;
const write = { tag: 'Replays', scope: 'deliveries:write', tenancy: 'own' } as const;

const accepted = { 202: { description: 'The replay.', body: replay } } as const;

export const replayRoutes = {
  replayWebhook: {
    ...write,
    method: 'post',
    path: '/v1/webhooks/:id/replay',
    summary: 'Deliver again what a webhook got, or did not get, in a span of time',
    description:
      'All its settled deliveries that were made in that time, each once, oldest first, and behind live traffic. Not ' +
      'those that are pending, that are made later, or whose event has aged out. Attempts are counted on: a delivery ' +
      'that has used its retries up is tried once more, and fails with `exhausted` if that fails. The webhook must be ' +
      'active, and stay so: a suspension cancels the replay.',
    params: idParams('webhook'),
    body: replayBody,
    answers: accepted,
    errors: ['invalid_state'],
  },
  replayEvent: {
    ...write,
    method: 'post',
    path: '/v1/events/:id/replay',
    summary: 'Deliver an event again to every webhook that it was for',
    description: 'All its settled deliveries, each once, whose webhooks are active.',
    params: idParams('event'),
    answers: accepted,
  },
  listReplays: {
    ...read,
    method: 'get',
    path: '/v1/replays',
    summary: 'List replays',
    query: listReplaysQuery,
    answers: { 200: { description: 'One page, newest first, without their progress.', body: replayPage } },
    errors: ['not_found'],
  },
  getReplay: {
    ...read,
    method: 'get',
    path: '/v1/replays/:id',
    summary: 'Get a replay and its progress',
    params,
    answers: { 200: { description: 'The replay.', body: replay } },
  },
  cancelReplay: {
    ...write,
    method: 'post',
    path: '/v1/replays/:id/cancel',
    summary: 'Cancel a replay',
    description:
      'What it has pending is dropped with the reason `replay_cancelled`; what it has not come to stays as it is. ' +
      'Requests that are under way are not cut off.',
    params,
    answers: { 200: { description: 'The replay.', body: replay } },
    errors: ['invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
