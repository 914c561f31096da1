import { bodyOf, type StoredBody } from './stored-body.js';

/** Columns of `event` that `occurredAtOf` needs. The body starts with id, type and timestamp, in this order: see packages/fanout. */
export const START_OF_BODY = 'left(event.body, 400) AS body, event.deflated_body AS "deflatedBody"';

/** Returns when an event occurred, as RFC 3339: the `timestamp` in its body. */
export const occurredAtOf = (body: StoredBody): string =>
  /"timestamp":"([^"]+)"/.exec(bodyOf(body) ?? '')?.[1] ?? '';
