import { createHash } from 'node:crypto';
import type { Part } from '@posthorn/core';
import { openScriptClient, type RedisSettings } from '@posthorn/queue';
import { unconfirmedKey } from '../redis/redis-keys.js';
import { COUNT_UNCONFIRMED } from './unconfirmed-script.js';

/** How long a validation request counts, in milliseconds, unless its code is confirmed before. */
export const UNCONFIRMED_WINDOW_MS = 10 * 60_000;

/** Maximum number of validation requests within the window whose code was not confirmed. */
export interface UnconfirmedLimits {
  perWebhook: number;
  perTenant: number;
  /** Of all tenants to one host and port, and to one network address. */
  perTarget: number;
}

/** A validation request. */
export interface ValidationRequest {
  id: string;
  webhookId: string;
  tenantId: string;
  url: string;
  /** Host and port of the URL. */
  host: string;
}

export type UnconfirmedScope = 'webhook' | 'tenant' | 'host' | 'address';

export type UnconfirmedCount =
  | { ok: true }
  | {
      ok: false;
      /** What has reached its limit. */
      scope: UnconfirmedScope;
      limit: number;
      /** The time until a request leaves the window, in milliseconds. */
      retryAfterMs: number;
    };

/**
 * Counts validation requests in Redis until they are confirmed, over all API processes. Its methods reject while Redis is
 * unavailable.
 */
export interface UnconfirmedValidations extends Part {
  /** Counts a request for its webhook, its tenant and its host, or for none of them if one has reached its limit. */
  count(request: ValidationRequest): Promise<UnconfirmedCount>;
  /** Counts a request for the network address that it is sent to. */
  countAddress(request: ValidationRequest, address: string): Promise<UnconfirmedCount>;
  /** Removes a request that was not sent. */
  remove(request: ValidationRequest): Promise<void>;
  /**
   * Removes the requests of a webhook to a URL that confirmed its newest code: those to the address that got this code. A name
   * that leads to another address meanwhile does not confirm the requests to the former.
   */
  removeConfirmed(target: Pick<ValidationRequest, 'webhookId' | 'url'>): Promise<void>;
  stop(): Promise<void>;
}

interface CountCommand {
  countUnconfirmed(keyCount: number, ...values: (string | number)[]): Promise<[number, number]>;
}

interface Bucket {
  scope: UnconfirmedScope;
  id: string;
  limit: number;
}

/** @throws Error with a one-line message when Redis cannot be reached */
export async function createUnconfirmedValidations(
  settings: RedisSettings,
  limits: UnconfirmedLimits,
): Promise<UnconfirmedValidations> {
  const redis = await openScriptClient<CountCommand>(settings, {
    countUnconfirmed: { lua: COUNT_UNCONFIRMED },
  });
  const countsKey = ({ webhookId, url }: Pick<ValidationRequest, 'webhookId' | 'url'>): string =>
    unconfirmedKey(settings.prefix, 'url', `${webhookId}:${digestOf(url)}`);

  async function countIn(request: ValidationRequest, buckets: readonly Bucket[]): Promise<UnconfirmedCount> {
    const keys = buckets.map(({ scope, id }) => unconfirmedKey(settings.prefix, scope, id));
    const [full, retryAfterMs] = await redis.countUnconfirmed(
      keys.length + 1,
      countsKey(request),
      ...keys,
      request.id,
      UNCONFIRMED_WINDOW_MS,
      ...buckets.map(({ limit }) => limit),
    );
    const bucket = buckets[full];
    return bucket ? { ok: false, scope: bucket.scope, limit: bucket.limit, retryAfterMs } : { ok: true };
  }

  /** Removes the counts of the chosen requests to a URL. A repeated call removes nothing more. */
  async function removeCounts(
    counts: string,
    choose: (oldestFirst: readonly Count[]) => ReadonlySet<string>,
  ): Promise<void> {
    const all = (await redis.zrange(counts, '0', '-1')).map(toCount);
    const requestIds = choose(all);
    if (requestIds.size === 0) return;
    const removal = redis.multi();
    for (const { requestId, bucket, member } of all) {
      if (requestIds.has(requestId)) removal.zrem(bucket, requestId).zrem(counts, member);
    }
    await removal.exec();
  }

  function sentToConfirmedAddress(oldestFirst: readonly Count[]): ReadonlySet<string> {
    const addresses = unconfirmedKey(settings.prefix, 'address', '');
    const confirmed = oldestFirst.findLast(({ bucket }) => bucket.startsWith(addresses))?.bucket;
    const sent = oldestFirst.filter(({ bucket }) => bucket === confirmed);
    return new Set(sent.map(({ requestId }) => requestId));
  }

  return {
    count: (request) =>
      countIn(request, [
        { scope: 'webhook', id: request.webhookId, limit: limits.perWebhook },
        { scope: 'tenant', id: request.tenantId, limit: limits.perTenant },
        { scope: 'host', id: request.host, limit: limits.perTarget },
      ]),
    countAddress: (request, address) =>
      countIn(request, [{ scope: 'address', id: address, limit: limits.perTarget }]),
    remove: (request) => removeCounts(countsKey(request), () => new Set([request.id])),
    removeConfirmed: (target) => removeCounts(countsKey(target), sentToConfirmedAddress),
    async stop() {
      redis.disconnect();
    },
  };
}

/** A request in one bucket. */
interface Count {
  requestId: string;
  /** The key of the bucket. */
  bucket: string;
  /** As stored. */
  member: string;
}

function toCount(member: string): Count {
  const end = member.indexOf(' ');
  return { requestId: member.slice(0, end), bucket: member.slice(end + 1), member };
}

const digestOf = (url: string): string => createHash('sha256').update(url).digest('base64url');
