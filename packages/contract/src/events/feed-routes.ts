import { feed, feedCursor, feedPosition, feedQuery, setFeedCursorBody } from './feed.js';
import { idParams } from '../values/ids.js';
import type { RouteDefinition } from '../routes/route.js';
import { webhookTenantQuery } from '../values/tenant-reference.js';

const params = idParams('webhook');
const feedAccess = { tag: 'Webhooks', tenancy: 'own' } as const;

export const feedRoutes = {
  getFeed: {
    ...feedAccess,
    isHeldInQuarantine: true,
    scope: ['feed:read', ['webhooks:read', 'events:read', 'payloads:read']],
    portalFeatures: ['events', 'payloads'],
    method: 'get',
    path: '/v1/webhooks/:id/feed',
    summary: 'Read the feed of a webhook',
    description:
      'Returns the deliveries of a webhook that numbers them (`sequence: true`, or an `ordering`), in the order of their numbers and whatever ' +
      'became of them, each with the headers and the body of its request. With `wait`, the call waits for an entry if there is none. ' +
      'A page ends before the bodies exceed 4 MB. A key of the feed (`webhookId`) can read only this one. ' +
      'Returns 409 `invalid_state` for a webhook without numbers, or that is not active; 409 `cursor_ahead` with `last` if `after` is ' +
      'higher than that; and 410 `feed_expired` with `firstSequence`, the number of the first entry that is left, if the next one has expired.',
    params,
    query: feedQuery,
    responses: { 200: { description: 'The entries, and the position of the feed.', body: feed } },
    errors: ['tenant_deleted', 'tenant_suspended', 'invalid_state', 'cursor_ahead', 'feed_expired'],
  },
  getFeedCursor: {
    ...feedAccess,
    scope: ['feed:read', 'webhooks:read'],
    method: 'get',
    path: '/v1/webhooks/:id/feed/cursor',
    summary: 'Get the cursor of a feed',
    description: 'Returns the stored cursor and the highest number, also while the webhook is not active.',
    params,
    query: webhookTenantQuery,
    responses: { 200: { description: 'The position of the feed.', body: feedPosition } },
  },
  setFeedCursor: {
    ...feedAccess,
    scope: ['feed:read', 'webhooks:write'],
    portalFeatures: ['secrets'],
    method: 'post',
    path: '/v1/webhooks/:id/feed/cursor',
    // The same call again stores the same position.
    idempotency: 'none',
    summary: 'Store the cursor of a feed',
    description:
      'Stores the position after which the feed is read by default. It may be lower than before. Returns 409 `cursor_ahead` with `last` if ' +
      'it is higher than that.',
    params,
    query: webhookTenantQuery,
    body: setFeedCursorBody,
    responses: { 200: { description: 'The stored cursor.', body: feedCursor } },
    errors: ['invalid_state', 'cursor_ahead'],
  },
} as const satisfies Record<string, RouteDefinition>;
