import { currentMoment, PosthornError, repeatWhileStale } from '@posthorn/core';
import { setFeedCursor as storeCursor } from '@posthorn/database/feed';
import { type FeedPage, readFeed } from '@posthorn/database/feed/prisma';
import { numbersDeliveries } from '@posthorn/database/webhooks';
import { findWebhook, type WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { recordView } from '../access/record-view.js';
import { effectiveFormat } from '../requests/signed-request.js';
import { type Caller, limitedKeyOf } from '../access/authenticate.js';
import type { ApiRequest, Handler } from '../calls/handler.js';
import { assertActive } from '../access/active-tenant.js';
import { invalidState, webhookNotFound } from '../webhooks/webhook-errors.js';
import type { FeedDeps } from './deps.js';
import { contiguousEntries } from './contiguous-entries.js';
import { mayShow, readFences, restoreIfFenced } from './feed-barrier.js';
import { composeEntries, MAX_PAGE_BYTES, pageBytesOf } from './feed-entry.js';

const SECOND_MS = 1000;

/** What a call reads. */
interface FeedCall {
  caller: Caller;
  webhookId: string;
  after: number | undefined;
  limit: number;
  whenClosed: ApiRequest<unknown>['whenClosed'];
}

export const getFeed: Handler<'getFeed', FeedDeps> = async (
  { caller, actor, params, query, endCall, whenClosed },
  deps,
) => {
  const { after, limit, wait } = query;
  const { id: webhookId, tenantId } = await requireWebhook(params.id, caller, deps);
  await recordView({ caller, actor }, { action: 'feed.viewed', tenantId, target: webhookId }, deps.pool);
  const call = { caller, webhookId, after, limit, whenClosed };
  const first = await deps.feedReads.run(tenantId, () => readPage(call, deps));
  if (wait === 0 || first.body.entries.length > 0) return { status: 200, body: first.body };
  const closePoll = deps.openPoll({ keyId: limitedKeyOf(caller), tenantId });
  try {
    endCall();
    const watched = { ...first.watched, keyId: caller.id };
    const hasChanged = await deps.feedPolls.wait(watched, { timeoutMs: wait * SECOND_MS, whenClosed });
    if (!hasChanged) return { status: 200, body: first.body };
    const next = { ...call, after: watched.after };
    const { body } = await deps.feedReads.run(tenantId, () => readPage(next, deps));
    return { status: 200, body };
  } finally {
    closePoll();
  }
};

export const setFeedCursor: Handler<'setFeedCursor', FeedDeps> = async ({ caller, params, body }, deps) => {
  const webhook = await requireWebhook(params.id, caller, deps);
  if (!numbersDeliveries(webhook)) throw notSequenced();
  const { sequence } = body;
  const last = await storeCursor(deps.pool, webhook.id, sequence);
  if (sequence > last) throw cursorAhead(last);
  return { status: 200, body: { cursor: sequence, last } };
};

/** Returns the next page, and what to watch if it is empty. @throws PosthornError if the feed cannot be read there, or memory is short */
async function readPage(call: FeedCall, deps: FeedDeps) {
  const page = await repeatWhileStale(() => readFreshPage(call, deps));
  if (page === 'stale') throw tooSlow();
  const reservation = deps.pageMemory.open(page.webhook.tenantId);
  if (reservation.resize(pageBytesOf(page.body.entries)) !== 'reserved') throw tooManyPages();
  call.whenClosed(() => reservation.release());
  return page;
}

/** The same, without its memory. `stale` if the webhook, its tenant or the key may have changed while it was read. */
async function readFreshPage({ caller, webhookId, after, limit }: FeedCall, deps: FeedDeps) {
  const webhook = await requireWebhook(webhookId, caller, deps);
  const fences = readFences(webhook, deps);
  const request = {
    webhookId,
    keyId: caller.id,
    after,
    limit,
    maxBytes: MAX_PAGE_BYTES,
    payloadKeys: deps.payloadKeys,
  };
  const readAt = currentMoment();
  const page = await readFeed(deps.history, request);
  if (!page) throw webhookNotFound();
  if (await restoreIfFenced({ webhookId, ...page }, await fences, deps)) return 'stale';
  assertReadable(page, webhook);
  const { epoch, last, cursor } = page;
  // A new reader begins with the first entry that is left.
  const isNew = after === undefined && cursor === null;
  const start = isNew ? (page.entries[0]?.sequence ?? last + 1) - 1 : page.after;
  const format = await effectiveFormat(webhook, deps.prisma);
  const entries = await composeEntries(contiguousEntries({ ...page, after: start }), {
    webhook,
    format,
    caller,
    composer: deps.composer,
  });
  if (!(await mayShow({ webhookId, epoch, keyId: caller.id }, readAt, deps))) return 'stale';
  return {
    webhook,
    body: { entries, last, cursor },
    watched: { webhookId, epoch, after: start },
  };
}

function assertReadable(page: FeedPage, { status }: WebhookRecord): void {
  if (!page.isKeyActive) throw new PosthornError('unauthorized');
  assertActive(page.tenantStatus);
  if (!page.isSequenced) throw notSequenced();
  // It may have been suspended since it was found.
  if (!page.isActive) throw invalidState(status === 'active' ? 'suspended' : status);
  if (page.after > page.last) throw cursorAhead(page.last);
}

/** @throws PosthornError if the webhook does not exist for the caller */
export async function requireWebhook(
  id: string,
  caller: Caller,
  { prisma }: Pick<FeedDeps, 'prisma'>,
): Promise<WebhookRecord> {
  const isInReach = caller.webhookId === null || caller.webhookId === id;
  const webhook = isInReach ? await findWebhook(prisma, { id, tenantId: caller.tenantId }) : null;
  if (!webhook) throw webhookNotFound();
  return webhook;
}

const tooManyPages = () =>
  new PosthornError('unavailable', {
    detail: 'Too many pages of feeds are being sent. Retry shortly, or with a lower `limit`.',
  });

const tooSlow = () =>
  new PosthornError('unavailable', { detail: 'The service responds too slowly. Retry shortly.' });

const notSequenced = () =>
  new PosthornError('invalid_state', {
    detail: 'The webhook does not number its deliveries. Set `sequence` to true.',
  });

const cursorAhead = (last: number) =>
  new PosthornError('cursor_ahead', { detail: `The last number of the webhook is ${last}`, extra: { last } });
