import { useRef } from 'react';

/**
 * Returns a function that returns the idempotency key of a submission. It is the same as in the submission before if the content
 * is the same: a retry after a lost response publishes no duplicate, and an event that was edited meanwhile is published.
 */
export function useIdempotencyKey(): (content: string) => string {
  const last = useRef({ content: '', key: '' });
  return (content) => {
    if (content !== last.current.content) last.current = { content, key: newIdempotencyKey() };
    return last.current.key;
  };
}

/** Returns a random key. Does not use `crypto.randomUUID`, which is unavailable on pages served over plain HTTP. */
function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `dashboard-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
