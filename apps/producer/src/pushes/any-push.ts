import type { Push } from '@posthorn/queue';

/**
 * A row of an outbox. Its payload is that of an entry of the stream `intake`. Its id is also its idempotency key, so that another row with the
 * same id but other content is rejected. It contains a control character, so no publisher has such a key.
 */
export interface OutboxPush extends Omit<Push & { source: 'stream' }, 'source'> {
  source: 'outbox';
}

export type AnyPush = Push | OutboxPush;

/** Returns undefined when `text` is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Maximum number of characters stored of a rejected push. */
const MAX_PAYLOAD_CHARS = 64 * 1024;

/** Returns the push as JSON text, which contains only characters that PostgreSQL can store. */
export function payloadText({ type, payload }: AnyPush): string {
  const isJson = typeof payload === 'string' && parseJson(payload) !== undefined;
  const text = isJson ? payload : JSON.stringify(payload);
  return `{"type":${JSON.stringify(type ?? null)},"payload":${text}}`.slice(0, MAX_PAYLOAD_CHARS);
}
