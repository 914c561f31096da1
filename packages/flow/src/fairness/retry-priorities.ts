import { DEFAULT_TENANT_ID, type Lane } from '@posthorn/core';
import { replayTurn } from './replay-turn.js';

/** Jobs are counted by when they are due, in periods of this length, in milliseconds. */
const PERIOD_MS = 10_000;

/** So many jobs of a tenant in a period run before all others, as do those of every other tenant. */
const FIRST_JOBS = 100;

interface RetryJob {
  tenantId: string;
  webhookId: string;
  lane: Lane;
  delayMs: number;
}

/**
 * Assigns priorities to jobs that wait until they are due, so that a tenant with very many retries does not delay those of the
 * others. The lane runs jobs of a lower number first. Each process counts the jobs that it creates, by tenant and period: the
 * first 100 of a tenant get 0, the next 100 get 1, the next 200 get 2, the next 400 get 3. While there is only the default
 * tenant, all get 0. In the replay lane, webhooks take turns instead.
 */
export class RetryPriorities {
  readonly #nowMs: () => number;
  /** The number of jobs by period, and by tenant or, in the replay lane, by webhook. */
  readonly #periods = new Map<number, Map<string, number>>();
  #hasTenants = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Returns the priority of the next job. Jobs of first attempts have none. */
  next({ tenantId, webhookId, lane, delayMs }: RetryJob): number {
    if (lane === 'fast') return 0;
    const period = Math.floor((this.#nowMs() + Math.max(delayMs, 0)) / PERIOD_MS);
    if (lane === 'replay') return replayTurn(this.#count(webhookId, period) - 1);
    this.#hasTenants ||= tenantId !== DEFAULT_TENANT_ID;
    const count = this.#count(tenantId, period);
    if (!this.#hasTenants || count <= FIRST_JOBS) return 0;
    return Math.ceil(Math.log2(count / FIRST_JOBS));
  }

  #count(id: string, period: number): number {
    let counts = this.#periods.get(period);
    if (!counts) {
      this.#removePast();
      counts = new Map();
      this.#periods.set(period, counts);
    }
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    return count;
  }

  #removePast(): void {
    const current = Math.floor(this.#nowMs() / PERIOD_MS);
    for (const period of this.#periods.keys()) if (period < current) this.#periods.delete(period);
  }
}
