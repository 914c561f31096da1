import type { Outcome, Part } from '@posthorn/core';
import { LRUCache } from 'lru-cache';
import { addressGuard } from './address-guard.js';
import { type InspectedUrl, inspectUrl } from './check-url.js';
import { exchange, type Answer, type ExchangeInput } from './exchange.js';
import { createGuardedAgents, type GuardedAgents } from './guarded-agents.js';
import { guardedLookup } from './guarded-lookup.js';
import { createNameResolver, type ResolveName } from './name-resolver.js';
import type { OutboundRules } from './outbound-rules.js';
import { requestHeaders } from './request-headers.js';

export interface OutboundRequest {
  url: string;
  /** Over the defaults; those that frame the request (Host, Content-Length, …) are ours and left out. */
  headers: Record<string, string>;
  body: string;
  /** For everything, from the lookup to the end of the answer, in milliseconds. */
  timeoutMs: number;
  /** Asked at the last moment before bytes leave; false: nothing is sent, and the outcome is `not_started`. */
  isFresh?: () => boolean;
  /**
   * Called when a new connection stands and the permission to start ran out while it was made: the time to get a new one.
   * Without it a receiver that is slow to connect to could never be reached.
   */
  refresh?: () => Promise<void>;
}

export interface Sender extends Part {
  /** One POST and what came of it. Never throws for what a receiver does. */
  send(request: OutboundRequest): Promise<Outcome>;
  /** Closes idle connections. What is in flight ends by itself, in its own time. */
  stop(): Promise<void>;
}

export interface SenderOptions {
  /** Replaces localhost, hosts file and DNS; for tests. Its answers are checked as theirs are. */
  lookup?: ResolveName;
  /** A certificate authority trusted beside the well-known ones, PEM. */
  ca?: string | Buffer;
  /**
   * Most connections to one origin: further requests wait for one. A burst that finds none open yet opens more, which
   * are closed after use. Default: no limit.
   */
  maxSocketsPerOrigin?: number;
}

const REMEMBERED_URLS = 1000;

/** Sends to receivers that `rules` allow, and connects to no other address, whatever a name resolves to. */
export function createSender(rules: OutboundRules, options: SenderOptions = {}): Sender {
  const isAllowed = addressGuard(rules);
  const lookup = guardedLookup(options.lookup ?? createNameResolver(), isAllowed);
  const guarded = { ...options, guard: { isAllowed, lookup } };
  // What a URL says of itself does not change; where its name leads to is asked at every connection.
  const inspected = new LRUCache<string, InspectedUrl>({
    max: REMEMBERED_URLS,
    memoMethod: (url) => inspectUrl(url, rules, isAllowed),
  });
  const pooled = createGuardedAgents({ ...guarded, keepAlive: true });
  const single = createGuardedAgents({ ...guarded, keepAlive: false });

  return {
    async send(request) {
      const startedAt = performance.now();
      const url = inspected.memo(request.url);
      const answer: Answer = url.ok
        ? await exchangeWithFallback(exchangeInput(request, url.url, startedAt), { pooled, single })
        : { kind: 'failure', code: url.code, message: url.message, staleConnection: false };
      return outcomeOf(answer, Math.round(performance.now() - startedAt));
    },
    async stop() {
      pooled.close();
      single.close();
    },
  };
}

function exchangeInput(request: OutboundRequest, url: URL, startedAt: number): ExchangeInput {
  const body = Buffer.from(request.body);
  return {
    url,
    body,
    headers: requestHeaders(request.headers, body.length),
    deadline: startedAt + request.timeoutMs,
    isFresh: request.isFresh ?? (() => true),
    refresh: request.refresh ?? (() => Promise.resolve()),
  };
}

/**
 * An idle connection may be closed by the receiver at the very moment that it is used again. That says nothing about
 * the receiver, so the request is made once more, over a connection of its own. A receiver that took the first one and
 * then cut the connection without a byte gets it twice: delivery is at least once.
 */
async function exchangeWithFallback(
  input: ExchangeInput,
  agents: { pooled: GuardedAgents; single: GuardedAgents },
): Promise<Answer> {
  const answer = await exchange(input, agents.pooled);
  if (answer.kind !== 'failure' || !answer.staleConnection) return answer;
  const second = await exchange(input, agents.single);
  // Something was sent, if to nobody: that it was not started would not be true.
  return second.kind === 'not_started' ? answer : second;
}

function outcomeOf(answer: Answer, durationMs: number): Outcome {
  switch (answer.kind) {
    case 'response': {
      const { kind, status, body, retryAfter } = answer;
      return { kind, status, body, retryAfter, durationMs };
    }
    case 'failure': {
      const { kind, code, message } = answer;
      return { kind, code, message, durationMs };
    }
    case 'not_started':
      return answer;
  }
}
