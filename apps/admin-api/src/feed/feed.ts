import { PosthornError } from '@posthorn/core';
import { setFeedCursor as storeCursor } from '@posthorn/database';
import { type FeedPage, findWebhook, readFeed, type WebhookRecord } from '@posthorn/database/prisma';
import { effectiveFormat } from '../deliveries/signed-request.js';
import type { ApiDeps } from '../deps.js';
import { type Caller, limitedKeyOf } from '../http/authenticate.js';
import type { Handler } from '../http/handler.js';
import { invalidState, webhookNotFound } from '../webhooks/webhook-errors.js';
import { contiguousEntries } from './contiguous-entries.js';
import { composeEntries, MAX_PAGE_BYTES } from './feed-entry.js';

const SECOND_MS = 1000;

/** What a call reads. */
interface FeedCall {
  caller: Caller;
  webhookId: string;
  after: number | undefined;
  limit: number;
}

export const getFeed: Handler<'getFeed'> = async ({ caller, params, query, endCall, whenClosed }, deps) => {
  const { after, limit, wait } = query;
  const call = { caller, webhookId: params.id, after, limit };
  const first = await readPage(call, deps);
  if (wait === 0 || first.body.entries.length > 0) return { status: 200, body: first.body };
  const poll = { ...first.watched, keyId: caller.id, ownerId: limitedKeyOf(caller) };
  endCall();
  const hasChanged = await deps.feedPolls.wait(poll, { timeoutMs: wait * SECOND_MS, whenClosed });
  if (!hasChanged) return { status: 200, body: first.body };
  const { body } = await readPage({ ...call, after: poll.after }, deps);
  return { status: 200, body };
};

export const setFeedCursor: Handler<'setFeedCursor'> = async ({ caller, params, body }, deps) => {
  const webhook = await requireWebhook(params.id, caller, deps);
  const { delivery, sequenced, ordering } = webhook;
  if (delivery === 'push' && !sequenced && ordering === 'none') throw notSequenced();
  const { sequence } = body;
  const last = await storeCursor(deps.pool, webhook.id, sequence);
  if (sequence > last) throw cursorAhead(last);
  return { status: 200, body: { cursor: sequence, last } };
};

/** Returns the next page, and what to watch if it is empty. @throws PosthornError if the feed cannot be read there */
async function readPage({ caller, webhookId, after, limit }: FeedCall, deps: ApiDeps) {
  const webhook = await requireWebhook(webhookId, caller, deps);
  const request = { webhookId, keyId: caller.id, after, limit, maxBytes: MAX_PAGE_BYTES };
  const page = await readFeed(deps.history, request);
  if (!page) throw webhookNotFound();
  assertReadable(page, webhook);
  const { epoch, last, cursor } = page;
  // A new reader begins with the first entry that is left.
  const isNew = after === undefined && cursor === null;
  const start = isNew ? (page.entries[0]?.sequence ?? last + 1) - 1 : page.after;
  const format = await effectiveFormat(webhook, deps.prisma);
  const entries = composeEntries(contiguousEntries({ ...page, after: start }), {
    webhook,
    format,
    caller,
    sealer: deps.sealer,
  });
  return {
    body: { entries, last, cursor },
    watched: { webhookId, tenantId: webhook.tenantId, epoch, after: start },
  };
}

function assertReadable(page: FeedPage, { status }: WebhookRecord): void {
  if (!page.isKeyActive) throw new PosthornError('unauthorized');
  if (!page.isSequenced) throw notSequenced();
  // It may have been suspended since it was found.
  if (!page.isActive) throw invalidState(status === 'active' ? 'suspended' : status);
  if (page.after > page.last) throw cursorAhead(page.last);
}

/** @throws PosthornError if the webhook does not exist for the caller */
export async function requireWebhook(
  id: string,
  caller: Caller,
  { prisma }: Pick<ApiDeps, 'prisma'>,
): Promise<WebhookRecord> {
  const isInReach = caller.webhookId === null || caller.webhookId === id;
  const webhook = isInReach ? await findWebhook(prisma, { id, tenantId: caller.tenantId }) : null;
  if (!webhook) throw webhookNotFound();
  return webhook;
}

const notSequenced = () =>
  new PosthornError('invalid_state', {
    detail: 'The webhook does not number its deliveries. Set `sequence` to true.',
  });

const cursorAhead = (last: number) =>
  new PosthornError('cursor_ahead', { detail: `The last number of the webhook is ${last}`, extra: { last } });
