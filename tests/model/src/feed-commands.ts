import type { ApiResponse } from '@posthorn/testkit';
import type { Command } from './command.js';
import { checkComplete, type FeedEntry, readEntries } from './feed.js';
import {
  compareResponse,
  describeWebhook,
  type LiveWebhook,
  recordViolation,
  type Sequence,
} from './sequence.js';
import type { ListedDelivery } from './list-all.js';
import { type ExpectedResponse, isNumbered } from './webhook-model.js';

/** Reads a feed until its end, and compares each page with the model. */
export async function readFeed(
  sequence: Sequence,
  webhook: LiveWebhook,
  { from, pick, limit }: Extract<Command, { do: 'read_feed' }>,
): Promise<void> {
  const { feed } = webhook;
  if (from === 'number') {
    await readFrom(sequence, webhook, { after: pick % (feed.events.length + 1), limit });
    return;
  }
  let length: number;
  do {
    const entries = await readPage(sequence, webhook, { after: null, limit });
    length = entries.length;
    const last = entries.at(-1);
    if (last) await storeCursor(sequence, webhook, last.sequence);
  } while (length > 0);
}

/** Returns all entries after a number. */
async function readFrom(
  sequence: Sequence,
  webhook: LiveWebhook,
  { after, limit }: { after: number; limit: number },
): Promise<RealEntry[]> {
  const entries: RealEntry[] = [];
  for (;;) {
    const page = await readPage(sequence, webhook, { after: after + entries.length, limit });
    if (page.length === 0) return entries;
    entries.push(...page);
  }
}

/** An entry with what the API returned. */
type RealEntry = FeedEntry & { real: ApiResponse['body'] };

/** Reads one page. @param after null for the stored cursor */
async function readPage(
  sequence: Sequence,
  webhook: LiveWebhook,
  { after, limit }: { after: number | null; limit: number },
): Promise<RealEntry[]> {
  const { feed } = webhook;
  const query = after === null ? '' : `&after=${after}`;
  const real = await sequence.api.get(`/v1/webhooks/${webhook.id}/feed?limit=${limit}${query}`);
  const call = `read feed of ${describeWebhook(webhook)} after ${after ?? `cursor ${feed.cursor}`}`;
  compareResponse(sequence, call, { real, expected: expectedPage(webhook) });
  if (real.status !== 200) return [];
  const { entries, last, cursor } = real.body;
  const read: RealEntry[] = entries.map(parseEntry);
  const start = after ?? feed.cursor ?? 0;
  const violations = readEntries(webhook, { after: start, entries: read, faults: sequence.system.faults });
  if (read.length > limit) violations.push(`the page has ${read.length} entries`);
  if (cursor !== feed.cursor) violations.push(`the cursor is ${cursor}, expected ${feed.cursor}`);
  if (read.length === 0) {
    if (last !== start) violations.push(`the last number is ${last}, expected ${start}`);
    violations.push(...checkComplete(webhook));
  }
  for (const violation of violations) recordViolation(sequence, `${call}: ${violation}`);
  sequence.system.counters.feedEntries += read.length;
  // What follows would be wrong, too, and might not end.
  return violations.length === 0 ? read : [];
}

/** Entries have the numbers of their deliveries in the headers, and the numbers of their events in the bodies. */
function parseEntry(real: ApiResponse['body']): RealEntry {
  const { id, data } = JSON.parse(real.body);
  const { 'webhook-id': webhookId, 'webhook-sequence': number } = real.headers;
  if (id !== real.eventId || id !== webhookId || number !== String(real.sequence))
    throw new Error(`an entry has different ids or numbers: ${JSON.stringify(real)}`);
  return { sequence: real.sequence, n: data.n, status: real.status, real };
}

function expectedPage({ model }: LiveWebhook): ExpectedResponse {
  if (model.status === 'deleted') return { status: 404, code: 'not_found' };
  return model.status === 'active' && isNumbered(model)
    ? { status: 200 }
    : { status: 409, code: 'invalid_state' };
}

/** Stores a number that was read as the cursor, also while the webhook is suspended. */
export async function moveCursor(sequence: Sequence, webhook: LiveWebhook, pick: number): Promise<void> {
  await storeCursor(sequence, webhook, pick % (webhook.feed.events.length + 1));
}

async function storeCursor(sequence: Sequence, webhook: LiveWebhook, cursor: number): Promise<void> {
  const { model, feed } = webhook;
  const real = await sequence.api.post(`/v1/webhooks/${webhook.id}/feed/cursor`, { sequence: cursor });
  const expected = expectedCursor(model);
  compareResponse(sequence, `store cursor ${cursor} of ${describeWebhook(webhook)}`, { real, expected });
  // Without a delivery there is no counter to store it with.
  if (real.status === 200 && real.body.last > 0) feed.cursor = cursor;
}

function expectedCursor(model: LiveWebhook['model']): ExpectedResponse {
  if (model.status === 'deleted') return { status: 404, code: 'not_found' };
  return isNumbered(model) ? { status: 200 } : { status: 409, code: 'invalid_state' };
}

/** Compares the complete feed with all deliveries of the webhook, which are settled. */
export async function compareFeed(
  sequence: Sequence,
  webhook: LiveWebhook,
  deliveries: readonly ListedDelivery[],
): Promise<void> {
  const entries = await readFrom(sequence, webhook, { after: 0, limit: 100 });
  const listed = deliveries
    .flatMap((delivery) => (delivery.sequence === null ? [] : [{ ...delivery, sequence: delivery.sequence }]))
    .toSorted((a, b) => a.sequence - b.sequence);
  const inFeed = entries.map(({ real }) => [
    real.sequence,
    real.deliveryId,
    real.eventId,
    real.status,
    real.reason,
  ]);
  const inList = listed.map((each) => [each.sequence, each.id, each.eventId, each.status, each.reason]);
  if (JSON.stringify(inFeed) !== JSON.stringify(inList))
    recordViolation(
      sequence,
      `the feed of ${describeWebhook(webhook)} has ${JSON.stringify(inFeed)}, its deliveries are ${JSON.stringify(inList)}`,
    );
}
