import { groupCommit, type Part, settlesWithin } from '@posthorn/core';
import { openScriptClient, type RedisSettings } from '@posthorn/queue';
import { LRUCache } from 'lru-cache';
import { MAX_TURN_MS, NO_TURN, TAKE_EVENTS } from './event-rate-script.js';

/** Events that a tenant publishes together. */
export interface RateRequest {
  tenantId: string;
  eventsPerSecond: number;
  events: number;
  /** A call is refused over the rate. A push is delayed: `turn` if its delay is over. */
  kind: 'call' | 'push' | 'turn';
}

/** The rates at which tenants publish, over all processes of the installation. */
export interface EventRates extends Part {
  /**
   * Takes events from the rate of their tenant. Returns 0, or after how many milliseconds to try again. While Redis does not
   * respond, everything is admitted.
   */
  take(request: RateRequest): number | Promise<number>;
  /** Returns how many more events a tenant may publish at once, as far as this process knows; undefined if it knows nothing. */
  remaining(tenantId: string): number | undefined;
  stop(): Promise<void>;
}

export interface EventRatesOptions extends RedisSettings {
  /** Called with each error that makes the rates ineffective for a while. */
  onError: (error: unknown) => void;
  /** Returns the monotonic time in milliseconds. Default: `performance.now`. */
  nowMs?: () => number;
}

/** What a process knows about the rate of a tenant. */
interface LocalRate {
  /** Events that the process may admit without asking. */
  tokens: number;
  /** Events that all processes may admit besides, when this process last asked. */
  shared: number;
  leaseEndMs: number;
  /** Until this time calls are refused without asking. */
  refusedUntilMs: number;
  /** The expected end of the refusals. */
  admittedAtMs: number;
}

interface RateCommands {
  takeEvents(
    key: string,
    ...values: (string | number)[]
  ): Promise<[leased: number, remaining: number, ...waits: number[]]>;
}

const MAX_TENANTS = 10_000;

/** A process leases the tokens of this time at most, and uses them within a second, in milliseconds. */
const LEASED_MS = 50;
const LEASE_MS = 1000;

/** After this time a refused tenant is looked up again: its quota may have changed. */
const MAX_REFUSAL_MS = 1000;

/** Longest wait for Redis, and how long it is not asked after that, in milliseconds. */
const TIMEOUT_MS = 500;
const BYPASS_MS = 1000;

/** Opens the rates. @throws Error with a one-line message when Redis cannot be reached */
export async function createEventRates({
  onError,
  nowMs = () => performance.now(),
  ...settings
}: EventRatesOptions): Promise<EventRates> {
  const redis = await openScriptClient<RateCommands>(settings, {
    takeEvents: { lua: TAKE_EVENTS, numberOfKeys: 1 },
  });
  const rates = new LRUCache<string, LocalRate>({ max: MAX_TENANTS });
  let bypassUntilMs = -Infinity;

  const takeTogether = groupCommit(async (requests: RateRequest[]): Promise<number[]> => {
    const waits = new Map<RateRequest, number>();
    const tenantIds = [...new Set(requests.map(({ tenantId }) => tenantId))];
    const replies = Promise.all(
      tenantIds.map((tenantId) =>
        takeOfTenant(
          tenantId,
          requests.filter((request) => request.tenantId === tenantId),
          waits,
        ),
      ),
    );
    try {
      if (!(await settlesWithin(replies, TIMEOUT_MS))) throw new Error('Redis timed out');
    } catch (error) {
      bypassUntilMs = nowMs() + BYPASS_MS;
      onError(error);
    }
    return requests.map((request) => waits.get(request) ?? 0);
  });

  async function takeOfTenant(
    tenantId: string,
    requests: readonly RateRequest[],
    waits: Map<RateRequest, number>,
  ): Promise<void> {
    const eventsPerSecond = requests.at(-1)?.eventsPerSecond ?? 1;
    const maxLease = Math.floor((eventsPerSecond * LEASED_MS) / 1000);
    const values = requests.flatMap(({ kind, events }) => [kind, events]);
    const key = `${settings.prefix}:event-rate:${tenantId}`;
    const [leased, shared, ...replies] = await redis.takeEvents(key, eventsPerSecond, maxLease, ...values);
    const now = nowMs();
    const refusals = requests.flatMap(({ kind }, index) => (kind === 'call' ? (replies[index] ?? 0) : 0));
    const refusalMs = Math.max(0, ...refusals);
    rates.set(tenantId, {
      tokens: leased + leasedTokens(rates.get(tenantId), now),
      shared,
      leaseEndMs: now + LEASE_MS,
      refusedUntilMs: now + Math.min(refusalMs, MAX_REFUSAL_MS),
      admittedAtMs: now + refusalMs,
    });
    requests.forEach((request, index) => waits.set(request, waitOf(replies[index] ?? 0)));
  }

  return {
    take(request) {
      const now = nowMs();
      const rate = rates.get(request.tenantId);
      if (rate && leasedTokens(rate, now) >= request.events) {
        rate.tokens -= request.events;
        return 0;
      }
      if (rate && request.kind === 'call' && now < rate.refusedUntilMs) return rate.admittedAtMs - now;
      return now < bypassUntilMs ? 0 : takeTogether(request);
    },
    remaining(tenantId) {
      const rate = rates.get(tenantId);
      return rate && rate.shared + leasedTokens(rate, nowMs());
    },
    async stop() {
      redis.disconnect();
    },
  };
}

/** Returns the tokens that are still leased. Expired ones are lost: the rate is never exceeded. */
function leasedTokens(rate: LocalRate | undefined, nowMs: number): number {
  return rate && nowMs < rate.leaseEndMs ? rate.tokens : 0;
}

/** Spreads the pushes without their own turn, so that they do not all try again at the same time. */
function waitOf(reply: number): number {
  return reply === NO_TURN ? Math.ceil(MAX_TURN_MS * (0.5 + Math.random() / 2)) : reply;
}
