import type { Outcome, Part, ProxyRoute, ReadFreshness, WebhookIdentity } from '@posthorn/core';
import { LRUCache } from 'lru-cache';
import type { InspectedUrl } from './check-url.js';
import {
  createProfileAgents,
  ProfilePool,
  type ConnectionProfile,
  type ProfileAgents,
} from './connection-profile.js';
import { exchange, type ExchangeInput, type ExchangeResult } from './exchange.js';
import { HandshakeShares } from './handshake-shares.js';
import { createNameResolver, type ResolveName } from './name-resolver.js';
import { OutboundError } from './outbound-error.js';
import type { OutboundRules } from './outbound-rules.js';
import { requestHeaders } from './request-headers.js';

/** A request without what decides whether it may start. */
export interface OutboundMessage {
  /** The webhook that the request is for, which pays for its TLS handshake. */
  webhook: WebhookIdentity;
  url: string;
  /** Override the default headers. Headers that control framing (Host, Content-Length, …) are ignored. */
  headers: Record<string, string>;
  body: string;
  /** Timeout from the DNS lookup to the end of the response, in milliseconds. */
  timeoutMs: number;
  /** Maximum number of bytes of the response body that the outcome has. Default: 1 KB. */
  maxBodyBytes?: number;
  /**
   * Called with the remote address when the connection is open and nothing has been written to it, not even TLS. If it
   * returns false, the connection is closed with the outcome `blocked_address`. The request gets a separate connection.
   */
  admits?: (address: string) => Promise<boolean>;
  /** Requests with a profile use connections of this profile only, those without one the default connections. */
  profile?: ConnectionProfile | undefined;
}

/**
 * A request with the freshness of the read that it is based on. Without a fresh read no byte of it is sent, and nothing that
 * identifies its sender to a proxy or a receiver: the outcome is `not_started`.
 */
export interface OutboundRequest extends OutboundMessage, ReadFreshness {}

export interface Sender extends Part {
  /** Sends one POST and returns its outcome. Failures of a receiver are outcomes, never exceptions. */
  send(request: OutboundRequest): Promise<Outcome>;
  /** Closes idle connections. Requests in flight continue. */
  stop(): Promise<void>;
}

export interface SenderOptions {
  /** Replaces localhost, hosts file and DNS in tests. Its addresses are checked by the guard, too. */
  lookup?: ResolveName;
  /** Certificate authority to trust in addition to the well-known ones, PEM. */
  ca?: string | Buffer;
  /**
   * Maximum number of connections per origin; further requests wait for a connection. An initial burst may open more, which
   * are closed after use. Default: unlimited.
   */
  maxSocketsPerOrigin?: number;
  /** Idle timeout of a connection, in milliseconds. Default: `IDLE_TIMEOUT_MS`. */
  idleTimeoutMs?: number;
  /** The proxy of all requests whose profile has no other. */
  proxy?: ProxyRoute | null;
}

const URL_CACHE_SIZE = 1000;

/** Creates a sender that connects only to addresses that `rules` allow, even if a host name resolves to others. */
export function createSender(rules: OutboundRules, options: SenderOptions = {}): Sender {
  const { lookup: resolve = createNameResolver(), ...others } = options;
  const shared = { ...others, rules, resolve, handshakes: new HandshakeShares() };
  const standard = createProfileAgents(shared);
  const profiles = new ProfilePool(shared);
  // The result of checking a URL never changes. Its host name is resolved and checked for every connection.
  const inspected = new LRUCache<string, InspectedUrl>({ max: URL_CACHE_SIZE, memoMethod: standard.inspect });

  return {
    async send(request) {
      const startedAt = performance.now();
      const agents = request.profile ? profiles.agentsOf(request.profile) : standard;
      if (agents instanceof OutboundError) return outcomeOf(failed(agents), 0);
      const url = request.profile ? agents.inspect(request.url) : inspected.memo(request.url);
      const result = url.ok
        ? await exchangeWithFallback(exchangeInput(request, url.url, startedAt), agents)
        : failed({ code: url.code, message: url.problem.message });
      return outcomeOf(result, Math.round(performance.now() - startedAt));
    },
    async stop() {
      standard.pooled.close();
      standard.single.close();
      profiles.close();
    },
  };
}

const failed = ({ code, message }: Pick<OutboundError, 'code' | 'message'>): ExchangeResult => ({
  kind: 'failure',
  code,
  message,
  staleConnection: false,
});

function exchangeInput(request: OutboundRequest, url: URL, startedAt: number): ExchangeInput {
  const body = Buffer.from(request.body);
  return {
    url,
    webhook: request.webhook,
    body,
    headers: requestHeaders(request.headers, body.length),
    deadline: startedAt + request.timeoutMs,
    isFresh: request.isFresh,
    refresh: request.refresh,
    admits: request.admits,
    maxBodyBytes: request.maxBodyBytes,
  };
}

/**
 * Sends a request, and sends it again over a new connection if the reused connection was stale: a receiver may close an
 * idle connection at the moment it is reused, which is not a failure. A receiver that accepted the request and then reset
 * the connection without a response gets it twice; delivery is at least once.
 */
async function exchangeWithFallback(input: ExchangeInput, agents: ProfileAgents): Promise<ExchangeResult> {
  const first = await exchange(input, input.admits ? agents.single : agents.pooled);
  if (first.kind !== 'failure' || !first.staleConnection) return first;
  const second = await exchange(input, agents.single);
  // The first request was sent, so the outcome must not be `not_started`.
  return second.kind === 'not_started' ? first : second;
}

function outcomeOf(result: ExchangeResult, durationMs: number): Outcome {
  switch (result.kind) {
    case 'response': {
      const { kind, status, body, headers, retryAfter } = result;
      return { kind, status, body, headers, retryAfter, durationMs };
    }
    case 'failure': {
      const { kind, code, message } = result;
      return { kind, code, message, durationMs };
    }
    case 'not_started':
      return result;
  }
}
