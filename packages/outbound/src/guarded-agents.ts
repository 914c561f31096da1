import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { createSecureContext, rootCertificates, TLSSocket, type SecureContext } from 'node:tls';
import { callbackify } from 'node:util';
import type { ReadFreshness } from '@posthorn/core';
import {
  openGuardedConnection,
  renewPermission,
  opened,
  type ConnectionGuard,
  type ConnectionTarget,
} from './guarded-connection.js';
import { tlsFailure } from './tls-failure.js';

/** How long an idle connection is kept, in milliseconds: less than the 5 s after which Node and Apache close theirs. */
const IDLE_TIMEOUT_MS = 4000;

/** Idle connections kept to one receiver: as many as may be in flight to it. */
const MAX_IDLE_PER_ORIGIN = 100;

/** With more connections open than this, to whomever, none is kept when it falls idle. */
const MAX_OPEN_TO_KEEP = 1000;

export interface AgentOptions {
  guard: ConnectionGuard;
  /** False: every connection is closed after its one request. */
  keepAlive: boolean;
  /** Trusted beside the well-known authorities, PEM. */
  ca?: string | Buffer;
  maxSocketsPerOrigin?: number;
}

/** What the agents need to know of a request, beside what Node's do. */
export type GuardedRequestOptions = https.RequestOptions & ConnectionTarget & ReadFreshness;

type Done = (error: Error | null, socket: Duplex) => void;

/** One agent for each scheme. They hand out connections only when these are open, verified, and secured. */
export interface GuardedAgents {
  http: http.Agent;
  https: https.Agent;
  /** Closes what is idle; what is in use is closed as soon as it is free. */
  close(): void;
}

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

class GuardedHttpAgent extends http.Agent {
  keepsIdle = true;
  readonly #guard: ConnectionGuard;

  constructor(options: AgentOptions) {
    super(agentOptions(options));
    this.#guard = options.guard;
  }

  override createConnection(target: GuardedRequestOptions, done: Done): undefined {
    callbackify(async () => renewPermission(target, await openGuardedConnection(target, this.#guard)))(done);
  }

  override keepSocketAlive(socket: Duplex): boolean {
    return mayKeep(this) && Boolean(super.keepSocketAlive(socket)) && hearsNothing(socket);
  }

  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    socket.off('data', hangUp);
    super.reuseSocket(socket, request);
  }

  override getName(target: ConnectionTarget): string {
    return originOf(target);
  }
}

class GuardedHttpsAgent extends https.Agent {
  keepsIdle = true;
  readonly #guard: ConnectionGuard;
  readonly #secureContext: SecureContext;

  constructor(options: AgentOptions) {
    super(agentOptions(options));
    this.#guard = options.guard;
    // Made once: it holds all root certificates.
    this.#secureContext = createSecureContext(options.ca ? { ca: [...rootCertificates, options.ca] } : {});
  }

  override createConnection(target: GuardedRequestOptions, done: Done): undefined {
    callbackify(async () => renewPermission(target, await this.#openSecure(target)))(done);
  }

  override keepSocketAlive(socket: Duplex): boolean {
    return mayKeep(this) && Boolean(super.keepSocketAlive(socket)) && hearsNothing(socket);
  }

  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    socket.off('data', hangUp);
    super.reuseSocket(socket, request);
  }

  /** Node's own name is made of twenty options that are the same for all our requests. */
  override getName(target: ConnectionTarget): string {
    return originOf(target);
  }

  /** TLS begins only on a connection that was verified, so not even a greeting reaches a forbidden address. */
  async #openSecure(target: GuardedRequestOptions): Promise<TLSSocket> {
    const socket = await openGuardedConnection(target, this.#guard);
    const options = {
      ...target,
      socket,
      secureContext: this.#secureContext,
      ALPNProtocols: ['http/1.1'],
      // Not even NODE_TLS_REJECT_UNAUTHORIZED=0 turns it off.
      rejectUnauthorized: true,
    };
    const secured = super.createConnection(options);
    if (!(secured instanceof TLSSocket)) throw new TypeError('https.Agent makes TLS connections');
    try {
      const { deadline } = target;
      await opened(secured, { event: 'secureConnect', deadline, missing: noSecureConnection });
    } catch (error) {
      throw tlsFailure(error);
    }
    return secured;
  }
}

const noSecureConnection = () => 'There was no secure connection to the receiver';

function agentOptions({ keepAlive, maxSocketsPerOrigin }: AgentOptions): http.AgentOptions {
  return {
    keepAlive,
    timeout: IDLE_TIMEOUT_MS,
    maxFreeSockets: MAX_IDLE_PER_ORIGIN,
    ...(maxSocketsPerOrigin === undefined ? {} : { maxSockets: maxSocketsPerOrigin }),
  };
}

function mayKeep(agent: http.Agent & { keepsIdle: boolean; totalSocketCount?: number }): boolean {
  return agent.keepsIdle && (agent.totalSocketCount ?? 0) <= MAX_OPEN_TO_KEEP;
}

/**
 * Keeps an idle connection only as long as nothing comes over it: bytes that nobody asked for would be taken for the answer
 * to the next request.
 */
function hearsNothing(socket: Duplex): true {
  socket.once('data', hangUp);
  return true;
}

function hangUp(this: Duplex): void {
  this.destroy();
}

function originOf({ host, port }: ConnectionTarget): string {
  return `${host}:${port}`;
}
