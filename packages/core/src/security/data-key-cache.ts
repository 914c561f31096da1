import { LRUCache } from 'lru-cache';

const MAX_KEYS = 10_000;

/** A data key that was destroyed may be in memory for this long, in milliseconds. */
const MAX_AGE_MS = 3_600_000;

/** Remembers data keys for an hour, those that were used last. */
export class DataKeyCache<Value extends object> {
  readonly #keys = new LRUCache<string, Value>({ max: MAX_KEYS, ttl: MAX_AGE_MS });

  get(name: string): Value | undefined {
    return this.#keys.get(name);
  }

  set(name: string, value: Value): void {
    this.#keys.set(name, value);
  }

  delete(name: string): void {
    this.#keys.delete(name);
  }
}
