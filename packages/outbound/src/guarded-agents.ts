import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket, type SecureContext } from 'node:tls';
import { callbackify } from 'node:util';
import type { WebhookIdentity } from '@posthorn/core';
import { assertFresh, StaleReadError, whileFresh } from './fresh-step.js';
import {
  CONNECT_TIMEOUT_MS,
  openGuardedConnection,
  refreshIfStale,
  waitUntilOpen,
  type ConnectionGuard,
  type ConnectionTarget,
} from './guarded-connection.js';
import type { HandshakeShares } from './handshake-shares.js';
import { HandshakeStream, tooMuchCpuTime } from './handshake-stream.js';
import { openProxiedConnection, type ProxyConnector } from './proxied-connection.js';
import { readInSmallPieces } from './small-pieces.js';
import { classifyTlsError } from './tls-error.js';

/** Default idle timeout of a connection, in milliseconds. Below 5 s, the default keep-alive timeout of Node and Apache servers. */
const IDLE_TIMEOUT_MS = 4000;

/** Maximum number of idle connections per origin: the default number of requests in flight to a webhook. */
const MAX_IDLE_PER_ORIGIN = 100;

/** While more connections than this are open in total, connections are closed instead of kept idle. */
const MAX_OPEN_FOR_KEEP_ALIVE = 1000;

export interface AgentOptions {
  guard: ConnectionGuard;
  /** Connections go through it. */
  proxy?: ProxyConnector | undefined;
  /** If false, every connection is closed after one request. */
  keepAlive: boolean;
  /** The trusted authorities, and the certificate that identifies the client. */
  secureContext: SecureContext;
  /** `secureContext` has a certificate that identifies the client. */
  presentsCertificate: boolean;
  /** Shared by all profiles. */
  handshakes: HandshakeShares;
  maxSocketsPerOrigin?: number;
  idleTimeoutMs?: number;
}

/** Node's request options and the options of the guarded agents. */
export type GuardedRequestOptions = https.RequestOptions & ConnectionTarget & { webhook: WebhookIdentity };

type Done = (error: Error | null, socket: Duplex) => void;

/** One agent per scheme. They return only connections that are open, checked by the guard and, for https, secured. */
export interface GuardedAgents {
  http: http.Agent;
  https: https.Agent;
  /** Closes idle connections now, and connections in use once their request has finished. */
  close(): void;
}

/** Creates the agents for one guard. They hold no connections yet. */
export function createGuardedAgents(options: AgentOptions): GuardedAgents {
  const agents = { http: new GuardedHttpAgent(options), https: new GuardedHttpsAgent(options) };
  return {
    ...agents,
    close() {
      for (const agent of Object.values(agents)) {
        agent.keepsIdle = false;
        for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? []))
          socket.destroy();
      }
    },
  };
}

type OpenConnection = (target: ConnectionTarget) => Promise<Socket>;

const connectionOpener = ({ guard, proxy }: AgentOptions): OpenConnection =>
  proxy
    ? (target) => openProxiedConnection(target, { guard, proxy })
    : (target) => openGuardedConnection(target, guard);

class GuardedHttpAgent extends http.Agent {
  keepsIdle = true;
  readonly #open: OpenConnection;

  constructor(options: AgentOptions) {
    super(agentOptions(options));
    this.#open = connectionOpener(options);
  }

  override createConnection(target: GuardedRequestOptions, done: Done): undefined {
    callbackify(async () => readInSmallPieces(await refreshIfStale(target, await this.#open(target))))(done);
  }

  override keepSocketAlive(socket: Duplex): boolean {
    return mayKeep(this) && Boolean(super.keepSocketAlive(socket)) && closeOnUnsolicitedData(socket);
  }

  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    socket.off('data', destroySocket);
    super.reuseSocket(socket, request);
  }

  override getName(target: ConnectionTarget): string {
    return originOf(target);
  }
}

class GuardedHttpsAgent extends https.Agent {
  keepsIdle = true;
  readonly #open: OpenConnection;
  readonly #secureContext: SecureContext;
  readonly #presentsCertificate: boolean;
  readonly #handshakes: HandshakeShares;

  constructor(options: AgentOptions) {
    super(agentOptions(options));
    this.#open = connectionOpener(options);
    this.#secureContext = options.secureContext;
    this.#presentsCertificate = options.presentsCertificate;
    this.#handshakes = options.handshakes;
  }

  override createConnection(target: GuardedRequestOptions, done: Done): undefined {
    callbackify(async () => readInSmallPieces(await refreshIfStale(target, await this.#openSecure(target))))(
      done,
    );
  }

  override keepSocketAlive(socket: Duplex): boolean {
    return mayKeep(this) && Boolean(super.keepSocketAlive(socket)) && closeOnUnsolicitedData(socket);
  }

  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    socket.off('data', destroySocket);
    super.reuseSocket(socket, request);
  }

  /** Node builds the name from twenty options, which are equal for all requests of this agent. */
  override getName(target: ConnectionTarget): string {
    return originOf(target);
  }

  /** Starts TLS only after the guard has checked the connection, so not even a handshake reaches a blocked address. */
  async #openSecure(target: GuardedRequestOptions): Promise<TLSSocket> {
    this.#assertMayStart(target);
    const socket = await this.#open(target);
    try {
      if (!this.#presentsCertificate) return await this.#secure(socket, target, waitUntilSecure);
      await assertFresh(target);
      // The certificate is sent only when the receiver responds.
      return await this.#secure(socket, target, (secured) =>
        whileFresh(target, secured, () => waitUntilSecure(secured, target)),
      );
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** @throws OutboundError if the handshake would have to wait for longer than it can */
  #assertMayStart({ webhook, deadline }: GuardedRequestOptions): void {
    const waitMs = this.#handshakes.waitMs(webhook);
    if (performance.now() + waitMs > handshakeDeadline(deadline)) throw tooMuchCpuTime(waitMs);
  }

  async #secure(
    socket: Socket,
    target: GuardedRequestOptions,
    wait: (secured: TLSSocket, target: GuardedRequestOptions) => Promise<void>,
  ): Promise<TLSSocket> {
    const { webhook } = target;
    const deadline = handshakeDeadline(target.deadline);
    const stream = new HandshakeStream(socket, { shares: this.#handshakes, webhook, deadline });
    const options = {
      ...target,
      socket: stream,
      secureContext: this.#secureContext,
      ALPNProtocols: ['http/1.1'],
      // Overrides NODE_TLS_REJECT_UNAUTHORIZED=0.
      rejectUnauthorized: true,
    };
    const secured = super.createConnection(options);
    if (!(secured instanceof TLSSocket)) throw new TypeError('https.Agent did not create a TLS socket');
    stream.startMeasuring();
    try {
      await wait(secured, target);
    } catch (error) {
      throw error instanceof StaleReadError ? error : (stream.failure ?? classifyTlsError(error));
    }
    stream.complete();
    return secured;
  }
}

const handshakeDeadline = (deadline: number): number =>
  Math.min(performance.now() + CONNECT_TIMEOUT_MS, deadline);

const waitUntilSecure = (secured: TLSSocket, { deadline }: ConnectionTarget): Promise<void> =>
  waitUntilOpen(secured, { event: 'secureConnect', deadline, phase: () => 'The TLS handshake' });

function agentOptions({
  keepAlive,
  maxSocketsPerOrigin,
  idleTimeoutMs = IDLE_TIMEOUT_MS,
}: AgentOptions): http.AgentOptions {
  return {
    keepAlive,
    timeout: idleTimeoutMs,
    maxFreeSockets: MAX_IDLE_PER_ORIGIN,
    ...(maxSocketsPerOrigin === undefined ? {} : { maxSockets: maxSocketsPerOrigin }),
  };
}

function mayKeep(agent: http.Agent & { keepsIdle: boolean; totalSocketCount?: number }): boolean {
  return agent.keepsIdle && (agent.totalSocketCount ?? 0) <= MAX_OPEN_FOR_KEEP_ALIVE;
}

/** Closes an idle connection if it receives data, which would be mistaken for the response to the next request. */
function closeOnUnsolicitedData(socket: Duplex): true {
  socket.once('data', destroySocket);
  return true;
}

function destroySocket(this: Duplex): void {
  this.destroy();
}

function originOf({ host, port }: ConnectionTarget): string {
  return `${host}:${port}`;
}
