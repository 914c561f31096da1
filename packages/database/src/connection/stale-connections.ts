import type { Pool, PoolClient } from 'pg';
import { type ProbeResult, probeServer, serverOf } from './probe-server.js';
import { socketOf } from './socket-of.js';
import { CONNECT_TIMEOUT_MS } from './statement-timeouts.js';
import { isReadTimeout } from './transient.js';

/** How long a connection is in use before its server is probed, in milliseconds: longer than statements of the hot path take. */
const PROBE_AFTER_MS = 2000;

/** Pause between two probes of a server, in milliseconds. */
const PROBE_PAUSE_MS = 1000;

/** The connections of this process, by the URL of their server. */
const connectionsByUrl = new Map<string | undefined, ServerConnections>();

/**
 * Closes connections to a server that has vanished without closing them: otherwise each of them would delay a statement until its timeout.
 * Applies to all pools of this process with the same URL.
 */
export function closeStaleConnections(pool: Pool): void {
  const url = pool.options.connectionString;
  const connections = connectionsByUrl.get(url) ?? new ServerConnections(pool.options);
  connectionsByUrl.set(url, connections);
  connections.watch(pool);
}

/** A probe that has ended. */
interface Probe {
  result: ProbeResult;
  startedAtMs: number;
  /** The server has sent something on another connection meanwhile. */
  hasAnswered: boolean;
}

/** The connections of this process to one address. */
class ServerConnections {
  readonly #options: Pool['options'];
  readonly #idle = new Set<PoolClient>();
  /** When each connection was acquired, the earliest first. */
  readonly #acquiredAtMs = new Map<PoolClient, number>();
  /** Runs only while a connection is in use. */
  #timer: NodeJS.Timeout | undefined;
  #isProbing = false;

  constructor(options: Pool['options']) {
    this.#options = options;
  }

  watch(pool: Pool): void {
    pool.on('acquire', (client) => {
      this.#idle.delete(client);
      this.#acquiredAtMs.set(client, performance.now());
      if (this.#acquiredAtMs.size === 1 && !this.#isProbing) this.#schedule(PROBE_AFTER_MS);
    });
    pool.on('remove', (client) => this.#idle.delete(client));
    pool.on('release', (error: unknown, client) => {
      this.#acquiredAtMs.delete(client);
      if (this.#acquiredAtMs.size === 0) clearTimeout(this.#timer);
      if (!error) this.#idle.add(client);
      else if (isReadTimeout(error)) this.#closeIdle();
    });
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), delayMs).unref();
  }

  /** Probes the server if a connection has been in use for long. */
  async #check(): Promise<void> {
    const dueInMs = this.#oldestAtMs() + PROBE_AFTER_MS - performance.now();
    if (dueInMs > 0) return this.#schedule(dueInMs);
    const startedAtMs = performance.now();
    const bytesRead = new Map(this.#clients().map((client) => [client, bytesReadOf(client)]));
    this.#isProbing = true;
    const result = await probeServer(this.#options, CONNECT_TIMEOUT_MS);
    this.#isProbing = false;
    const hasAnswered = this.#clients().some((client) => bytesReadOf(client) > (bytesRead.get(client) ?? 0));
    this.#closeStale({ result, startedAtMs, hasAnswered });
    if (this.#acquiredAtMs.size > 0) this.#schedule(PROBE_PAUSE_MS);
  }

  #clients(): PoolClient[] {
    return [...this.#idle, ...this.#acquiredAtMs.keys()];
  }

  #oldestAtMs(): number {
    const [oldestAtMs = Infinity] = this.#acquiredAtMs.values();
    return oldestAtMs;
  }

  #closeStale({ result, startedAtMs, hasAnswered }: Probe): void {
    if (result === 'inconclusive') return;
    if (result === 'silent') {
      // Only new connections get no response, such as those that a proxy beyond its limit does not forward.
      if (hasAnswered) return;
      for (const [client, acquiredAtMs] of this.#acquiredAtMs) if (acquiredAtMs < startedAtMs) giveUp(client);
      this.#closeIdle();
      return;
    }
    const isStale = (client: PoolClient): boolean => {
      const known = serverOf(client);
      // A connection that was opened since may lead to the successor of the server that answered the probe.
      return known !== undefined && known.answeredAtMs < startedAtMs && known.server !== result.server;
    };
    for (const client of this.#acquiredAtMs.keys()) if (isStale(client)) giveUp(client);
    this.#closeIdle(isStale);
  }

  #closeIdle(isStale: (client: PoolClient) => boolean = () => true): void {
    for (const client of this.#idle) {
      if (!isStale(client)) continue;
      // At this event the pool removes it at once. Without it, the next statement might still get the destroyed connection.
      client.emit('error', new Error('The server does not respond'));
      socketOf(client).destroy();
    }
  }
}

const bytesReadOf = (client: PoolClient): number => socketOf(client).bytesRead;

/** Ends the statement of a connection with a transient error. As after a lost connection, the server may still have executed it. */
function giveUp(client: PoolClient): void {
  const error = new Error('The connection leads to a server that no longer responds');
  socketOf(client).destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
}
