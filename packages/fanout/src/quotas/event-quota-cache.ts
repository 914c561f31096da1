import { effectiveEventQuotas, type EventQuotas, groupCommit } from '@posthorn/core';
import type { OwnEventQuotas } from '@posthorn/database/events';
import { LRUCache } from 'lru-cache';

interface Entry {
  quotas: EventQuotas;
  readAtMs: number;
}

interface EventQuotaCacheOptions {
  /** Returns the quotas set for tenants, in the same order. */
  read: (tenantIds: readonly string[]) => Promise<OwnEventQuotas[]>;
  defaults: EventQuotas;
  /** Returns the monotonic time in milliseconds. Default: `performance.now`. */
  nowMs?: () => number;
}

const MAX_TENANTS = 10_000;

/** After this time the quotas of a tenant are read again; until the end of the second they apply meanwhile, in milliseconds. */
const FRESH_MS = 1000;
const MAX_AGE_MS = 3000;

/** The event quotas of tenants. A change applies within three seconds; a busy tenant never waits for them to be read. */
export class EventQuotaCache {
  readonly #defaults: EventQuotas;
  readonly #nowMs: () => number;
  readonly #entries = new LRUCache<string, Entry>({ max: MAX_TENANTS });
  readonly #reading = new Map<string, Promise<EventQuotas>>();
  readonly #read: (tenantId: string) => Promise<OwnEventQuotas>;

  constructor({ read, defaults, nowMs = () => performance.now() }: EventQuotaCacheOptions) {
    this.#read = groupCommit((tenantIds: string[]) => read(tenantIds));
    this.#defaults = defaults;
    this.#nowMs = nowMs;
  }

  /** Rejects if the quotas have to be read and cannot be read. */
  get(tenantId: string): EventQuotas | Promise<EventQuotas> {
    const entry = this.#entries.get(tenantId);
    const ageMs = entry ? this.#nowMs() - entry.readAtMs : Infinity;
    if (entry && ageMs < FRESH_MS) return entry.quotas;
    const reading = this.#refresh(tenantId);
    if (!entry || ageMs >= MAX_AGE_MS) return reading;
    reading.catch(() => {});
    return entry.quotas;
  }

  #refresh(tenantId: string): Promise<EventQuotas> {
    const current = this.#reading.get(tenantId);
    if (current) return current;
    const reading = this.#load(tenantId).finally(() => this.#reading.delete(tenantId));
    this.#reading.set(tenantId, reading);
    return reading;
  }

  async #load(tenantId: string): Promise<EventQuotas> {
    const readAtMs = this.#nowMs();
    const quotas = effectiveEventQuotas(await this.#read(tenantId), this.#defaults);
    this.#entries.set(tenantId, { quotas, readAtMs });
    return quotas;
  }
}
