import type { ActiveApiKey } from '@posthorn/database/access';

const MAX_KEYS = 10_000;

/**
 * The keys that were found by the latest lookups, by hash. They may have been revoked since. A key that lacks a deleted tenant is not
 * remembered: it would still lack the tenant after it was restored.
 */
export class RememberedKeys {
  readonly #maxKeys: number;
  /** Oldest first. */
  readonly #byHash = new Map<string, ActiveApiKey>();

  constructor(maxKeys = MAX_KEYS) {
    this.#maxKeys = maxKeys;
  }

  get(hash: Buffer): ActiveApiKey | null {
    return this.#byHash.get(nameOf(hash)) ?? null;
  }

  /** Remembers the result of a lookup. @param key undefined if no active key has this hash */
  set(hash: Buffer, key: ActiveApiKey | undefined): void {
    const name = nameOf(hash);
    this.#byHash.delete(name);
    if (!key || key.lacksDeleted) return;
    this.#byHash.set(name, key);
    const [oldest] = this.#byHash.keys();
    if (this.#byHash.size > this.#maxKeys && oldest !== undefined) this.#byHash.delete(oldest);
  }
}

const nameOf = (hash: Buffer): string => hash.toString('base64');
