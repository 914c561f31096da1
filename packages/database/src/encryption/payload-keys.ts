import { createSealer, keyedDigest, type Sealer } from '@posthorn/core';
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { PAYLOAD_KEY_MISSING, QUERY_CANCELED } from '../connection/transient.js';
import {
  createDataKeys,
  type DataKey,
  findDataKeys,
  hasDataKeys,
  listSearchKeys,
  openDataKey,
  readDataKeys,
  type SealedDataKey,
} from './data-keys.js';
import { assertKeys, KEY_SETTINGS, registerKey } from './encryption-keys.js';
import type { EncryptionKeys } from './open-sealer.js';
import { assertKeysOfValues } from './sealed-values.js';

interface PayloadKeysOptions {
  /** For reading and creating data keys. */
  pool: pg.Pool;
  /** Of the payload key. Null without one: then nothing sealed can be opened. */
  sealer: Sealer | null;
  /** Whether new values are sealed. Requires a sealer. */
  encrypts: boolean;
  now?: () => Date;
}

/** Tenants whose values can be searched for at a time. */
const MAX_SEARCHED_TENANTS = 1000;

/** The bounds of a cache of data keys. A data key that was destroyed may be in memory for an hour. */
const CACHE_BOUNDS = { max: 10_000, ttl: 3_600_000 };

/** The data keys of tenants, as far as a process needs them. Keeps those that it uses in memory. */
export class PayloadKeys {
  readonly #options: PayloadKeysOptions | null;
  readonly #byId = new LRUCache<string, Buffer>(CACHE_BOUNDS);
  /** The keys to seal with, by tenant and month. */
  readonly #current = new LRUCache<string, DataKey>(CACHE_BOUNDS);

  /** @param options null for a process that has no payload key, and seals nothing */
  constructor(options: PayloadKeysOptions | null) {
    this.#options = options;
  }

  /** Whether new values are sealed. */
  get encrypts(): boolean {
    return this.#options?.encrypts ?? false;
  }

  /** Returns the keys that seal the payloads of tenants now. Creates missing ones. Absent for tenants that do not exist. */
  async forPayloads(tenantIds: Iterable<string>): Promise<ReadonlyMap<string, DataKey>> {
    return this.#currentKeys(new Set(tenantIds), this.#month());
  }

  /** The same for the search values of tenants. */
  async forSearchValues(tenantIds: Iterable<string>): Promise<ReadonlyMap<string, DataKey>> {
    return this.#currentKeys(new Set(tenantIds), null);
  }

  /** Forgets the keys to seal with, because one of them no longer exists. */
  forget(tenantIds: Iterable<string>): void {
    for (const tenantId of tenantIds)
      for (const month of [this.#month(), null]) this.#current.delete(nameOf(tenantId, month));
  }

  /**
   * Returns the keys with these ids. Absent: it does not exist, so what it has sealed is erased. An error instead of a key that the
   * payload key does not open: only the values that it has sealed cannot be read.
   * @throws Error that is transient, if the process has no payload key
   */
  async withIds(ids: Iterable<string>): Promise<ReadonlyMap<string, Buffer | Error>> {
    const found = new Map<string, Buffer | Error>();
    const missing: string[] = [];
    for (const id of new Set(ids)) {
      const key = this.#byId.get(id);
      if (key) found.set(id, key);
      else missing.push(id);
    }
    if (missing.length === 0) return found;
    const { pool } = this.#required();
    for (const stored of await readDataKeys(pool, missing)) {
      const opened = this.#open(stored);
      found.set(stored.id, opened instanceof Error ? opened : opened.key);
      this.#forgetReplaced(stored);
    }
    return found;
  }

  /**
   * Returns the function that returns the digests under which a value of a tenant, or of any tenant, may be indexed: without a key, and
   * with that of each tenant.
   * @throws Error that is a statement timeout, if there are too many tenants
   */
  async searchDigests(tenantId: string | null): Promise<(digest: string) => string[]> {
    const keys = await this.#searchKeys(tenantId);
    return (digest) => [digest, ...keys.map(({ key }) => keyedDigest(digest, key))];
  }

  /** Reports that this process seals with its payload key. Called regularly. */
  async register(): Promise<void> {
    const { pool, sealer } = this.#required();
    await registerKey(pool, 'payload', sealer);
  }

  async #searchKeys(tenantId: string | null): Promise<DataKey[]> {
    if (this.#options?.sealer == null) return [];
    const found = await listSearchKeys(this.#options.pool, { tenantId, limit: MAX_SEARCHED_TENANTS + 1 });
    if (found.length > MAX_SEARCHED_TENANTS)
      throw Object.assign(new Error('Too many tenants to search for a value'), { code: QUERY_CANCELED });
    return found
      .map((each) => this.#open(each))
      .filter((opened): opened is DataKey => !(opened instanceof Error));
  }

  /** Forgets the key to seal with that another one has replaced: a failover has lost it. */
  #forgetReplaced({ id, tenantId, month }: SealedDataKey): void {
    const name = nameOf(tenantId, month);
    if (this.#current.get(name)?.id !== id) this.#current.delete(name);
  }

  async #currentKeys(
    tenantIds: ReadonlySet<string>,
    month: string | null,
  ): Promise<ReadonlyMap<string, DataKey>> {
    const found = new Map<string, DataKey>();
    const unknown = (): string[] => [...tenantIds].filter((tenantId) => !found.has(tenantId));
    for (const tenantId of tenantIds) {
      const key = this.#current.get(nameOf(tenantId, month));
      if (key) found.set(tenantId, key);
    }
    if (found.size === tenantIds.size) return found;
    const { pool, sealer } = this.#required();
    const read = async (): Promise<void> => {
      const stored = await findDataKeys(pool, unknown(), month);
      for (const each of stored) {
        const key = this.#open(each);
        if (key instanceof Error) throw missingKey(key.message);
        found.set(each.tenantId, key);
        this.#current.set(nameOf(each.tenantId, month), key);
      }
    };
    await read();
    if (found.size === tenantIds.size) return found;
    await createDataKeys(pool, unknown(), { month, sealer });
    await read();
    return found;
  }

  #open(stored: SealedDataKey): DataKey | Error {
    const cached = this.#byId.get(stored.id);
    if (cached) return { id: stored.id, key: cached };
    const { sealer } = this.#required();
    try {
      const opened = openDataKey(stored, sealer);
      this.#byId.set(stored.id, opened.key);
      return opened;
    } catch (error) {
      return new Error(notOpened(error instanceof Error ? error.message : String(error)));
    }
  }

  #month(): string {
    return monthOf(this.#options?.now?.() ?? new Date());
  }

  #required(): { pool: pg.Pool; sealer: Sealer } {
    const { pool, sealer } = this.#options ?? {};
    if (!pool || !sealer) throw missingKey(notOpened('it is not set'));
    return { pool, sealer };
  }
}

/** For a process that opens and seals nothing. */
export const NO_PAYLOAD_KEYS = new PayloadKeys(null);

const notOpened = (reason: string): string =>
  `Payloads are encrypted, and ${KEY_SETTINGS.payload} does not open them: ${reason}`;

/** What was sealed, or is to be, waits until the process has the key. */
const missingKey = (message: string): Error =>
  Object.assign(new Error(message), { code: PAYLOAD_KEY_MISSING });

const nameOf = (tenantId: string, month: string | null): string => `${tenantId} ${month ?? 'search'}`;

/** Returns the first day (UTC) of the month of a time, as `2031-05-01`. */
const monthOf = (time: Date): string => `${time.toISOString().slice(0, 7)}-01`;

/**
 * Returns the payload keys of a process.
 * @throws Error with a one-line message if a key is missing
 */
export async function openPayloadKeys(
  pool: pg.Pool,
  { keys, encrypts }: { keys: EncryptionKeys | null; encrypts: boolean },
): Promise<PayloadKeys> {
  const sealer = keys && createSealer(...keys);
  if (sealer) {
    await assertKeys(pool, 'payload', sealer);
    await assertKeysOfValues(pool, 'payload', sealer);
  } else if (await hasDataKeys(pool))
    throw new Error(`${KEY_SETTINGS.payload} is required: this database has encrypted payloads`);
  const payloadKeys = new PayloadKeys({ pool, sealer, encrypts });
  if (encrypts) await payloadKeys.register();
  return payloadKeys;
}
