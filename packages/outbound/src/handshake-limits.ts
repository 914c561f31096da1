import type { Socket } from 'node:net';
import { KeyedSemaphore } from '@posthorn/core';
import { LRUCache } from 'lru-cache';
import { CONNECT_TIMEOUT_MS } from './guarded-connection.js';
import { OutboundError } from './outbound-error.js';

/** Maximum number of handshakes with an origin at a time. Further ones wait. */
const MAX_AT_A_TIME = 8;

/** The maximum number of connections of a profile to an origin. */
const MAX_WAITING = 1000;

/** Maximum number of bytes that a receiver sends in a handshake. Usual ones have 2 to 6 KB. */
const MAX_BYTES = 16_384;

/** OpenSSL verifies for up to 10 µs per byte. After a failed handshake, an origin pauses for 20 times as long, in milliseconds per byte. */
const PAUSE_PER_BYTE_MS = 0.2;

const MAX_PAUSED_ORIGINS = 10_000;

interface Handshake {
  /** Profile, host and port. */
  origin: string;
  /** The connection below TLS. */
  socket: Socket;
  /** By performance.now(). */
  deadline: number;
}

/**
 * Bounds the CPU time that receivers can cost with their certificates, which OpenSSL verifies before Node can look at them: handshakes with
 * an origin are few at a time, and pause after a failed one for a time that depends on how much the receiver has sent.
 */
export class HandshakeLimits {
  readonly #turns = new KeyedSemaphore({ permits: MAX_AT_A_TIME, maxWaiting: MAX_WAITING });
  /** The last failures of the origins that pause. */
  readonly #paused: LRUCache<string, OutboundError>;

  /** @param clock replaces the time in tests */
  constructor(clock: { now(): number } = performance) {
    this.#paused = new LRUCache({ max: MAX_PAUSED_ORIGINS, ttl: 1, ttlResolution: 0, perf: clock });
  }

  /** Does nothing unless the handshakes with an origin pause. @throws OutboundError with the failure of the last one */
  assertMayStart(origin: string): void {
    const failure = this.#paused.get(origin);
    if (failure) throw new OutboundError(failure.code, failure.message, failure);
  }

  /** Secures a connection when it is its turn. Destroys it if that fails. @throws OutboundError also if the receiver sends too much */
  async run<Secured extends Socket>(
    { origin, socket, deadline }: Handshake,
    secure: () => Promise<Secured>,
  ): Promise<Secured> {
    const bytesBefore = socket.bytesRead;
    const bytes = () => socket.bytesRead - bytesBefore;
    try {
      return await this.#inTurn(origin, deadline, async () => {
        try {
          const secured = await secure();
          if (bytes() > MAX_BYTES) throw tooMuch();
          return secured;
        } catch (error) {
          if (error instanceof OutboundError) this.#pause(origin, error, bytes());
          throw error;
        }
      });
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  async #inTurn<Result>(origin: string, deadline: number, step: () => Promise<Result>): Promise<Result> {
    const timeoutMs = Math.min(CONNECT_TIMEOUT_MS, Math.max(deadline - performance.now(), 0));
    const release = await this.#turns.acquire(origin, timeoutMs);
    if (!release)
      throw new OutboundError('timeout', 'The TLS handshake waited too long for others with the receiver');
    try {
      this.assertMayStart(origin);
      return await step();
    } finally {
      release();
    }
  }

  /** Handshakes that fail at the same time pause one after the other. */
  #pause(origin: string, failure: OutboundError, bytes: number): void {
    if (bytes === 0) return;
    const remainingMs = Math.max(this.#paused.getRemainingTTL(origin), 0);
    const ttl = remainingMs + bytes * PAUSE_PER_BYTE_MS;
    this.#paused.set(origin, failure, { ttl });
  }
}

const tooMuch = () =>
  new OutboundError(
    'tls_error',
    `The receiver sends more than ${MAX_BYTES / 1024} KB in the TLS handshake. Its certificate may have too many intermediate certificates`,
  );
