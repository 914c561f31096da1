import { bodyOf, type StoredBody } from './stored-body.js';

/** Columns of `event` that `occurredAtOf` needs. The body starts with id, type and timestamp, in this order: see packages/fanout. */
export const START_OF_BODY = `left(event.body, 400) AS body,
  CASE WHEN event.context ->> 'occurredAt' IS NULL THEN event.deflated_body END AS "deflatedBody",
  event.context ->> 'occurredAt' AS "contextTime"`;

/** The start of a body, or the time in the context of an event whose payload is sealed or stored apart. */
export interface StartOfBody extends StoredBody {
  contextTime?: string | null;
}

/** Returns when an event occurred, as RFC 3339: the `timestamp` in its body. Without one, when it was published. */
export const occurredAtOf = ({ contextTime, ...body }: StartOfBody, publishedAt: Date): string =>
  contextTime ?? /"timestamp":"([^"]+)"/.exec(bodyOf(body) ?? '')?.[1] ?? publishedAt.toISOString();
