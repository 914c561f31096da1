import type { FeedEntryResponse } from '@posthorn/contract';
import {
  compileFormat,
  type ComposedRequest,
  cooperativeYield,
  type DeliveryFormat,
  encodeId,
  idTimeMs,
  type RequestComposer,
  signatureHeaderNames,
} from '@posthorn/core';
import { eventAttributesOf } from '@posthorn/database/events/prisma';
import type { FeedEntry } from '@posthorn/database/feed/prisma';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { REDACTED, seesSecrets } from '../requests/shown-request.js';
import { type Caller, hasScope } from '../access/authenticate.js';
import { seesShadow } from '../webhooks/shadow.js';

/** A page ends before its bodies exceed this, in bytes. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;

interface Reader {
  webhook: WebhookRecord;
  /** Null for the standard format. */
  format: DeliveryFormat | null;
  caller: Caller;
  composer: RequestComposer;
}

/** Memory of an entry without its body, in bytes. */
const ENTRY_BYTES = 2048;

/** Returns the memory of a page while it is sent, in bytes: as JSON text, in which bodies take up to twice their length. */
export const pageBytesOf = (entries: readonly FeedEntryResponse[]): number =>
  entries.reduce((bytes, { body }) => bytes + ENTRY_BYTES + 2 * Buffer.byteLength(body ?? ''), 0);

/** Returns entries with their requests as they would be sent now, up to the limit of their bodies. Yields to other work between them. */
export async function composeEntries(
  entries: readonly FeedEntry[],
  reader: Reader,
): Promise<FeedEntryResponse[]> {
  const compose = entryComposer(reader);
  const yielder = cooperativeYield();
  const composed: FeedEntryResponse[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const request = compose(entry);
    bytes += Buffer.byteLength(request.body ?? '');
    if (bytes > MAX_PAGE_BYTES && composed.length > 0) break;
    composed.push({ ...serializeEntry(entry, reader.caller), ...request });
    if (yielder.tick()) await yielder.yield();
  }
  return composed;
}

function serializeEntry(entry: FeedEntry, caller: Caller) {
  const { id, eventId, sequence, status, reason, event } = entry;
  return {
    sequence,
    deliveryId: encodeId('delivery', id),
    eventId: encodeId('event', eventId),
    eventType: event?.type ?? null,
    status,
    reason: reason === 'shadow' && !seesShadow(caller) ? null : reason,
    // The id of an expired event has its time.
    publishedAt: (event?.publishedAt ?? new Date(idTimeMs(eventId))).toISOString(),
    erased: entry.isErased,
  };
}

type EntryRequest = Pick<FeedEntryResponse, 'headers' | 'body'>;

/** Returns a function that composes the request of an entry: without body if the event or its payload has expired or was erased, or if the format makes it too long. */
function entryComposer({ webhook, format, caller, composer }: Reader): (entry: FeedEntry) => EntryRequest {
  const compiled = format && compileFormat(format);
  const hidden = new Set(
    canVerify(caller) ? [] : signatureHeaderNames(format ?? {}).map((name) => name.toLowerCase()),
  );
  const shown = ({ headers, body }: ComposedRequest): EntryRequest => ({
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name.toLowerCase(),
        hidden.has(name.toLowerCase()) ? REDACTED : value,
      ]),
    ),
    body,
  });
  return ({ eventId, sequence, event }) => {
    const envelope = event?.body ?? null;
    const request =
      event &&
      envelope !== null &&
      composer.compose({
        webhook,
        eventId,
        envelope,
        attributes: eventAttributesOf(event),
        sequence,
        traceparent: null,
        url: webhook.url ?? '',
        timestamp: new Date(),
        format: compiled,
        withCustomHeaders: false,
        authHeaders: {},
      });
    if (request) return shown(request);
    const headers = { 'webhook-id': encodeId('event', eventId), 'webhook-sequence': String(sequence) };
    return { headers, body: null };
  };
}

/** A current signature would let its reader imitate a request, so it takes a key that is meant to verify it, or that sees secrets anyway. */
const canVerify = (caller: Caller): boolean => hasScope(caller, 'feed:read') || seesSecrets(caller);
