import type { Socket } from 'node:net';
import { KeyedSemaphore, type ReleasePermit } from '@posthorn/core';
import { LRUCache } from 'lru-cache';
import { OutboundError } from './outbound-error.js';

/** Maximum number of handshakes with an origin at a time. Further ones wait. */
const MAX_AT_A_TIME = 16;

/** The maximum number of connections of a profile to an origin. */
const MAX_WAITING = 1000;

/** Maximum number of bytes that a receiver sends in a handshake. Usual ones have 2 to 6 KB. */
const MAX_BYTES = 16_384;

/** A handshake that fails after at most so many bytes has no consequences. */
const USUAL_BYTES = 6144;

/** OpenSSL verifies for up to 10 µs per byte. After a failed handshake with more, an origin pauses for 20 times as long, in milliseconds per byte. */
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
 * an origin are few at a time, and one that fails after an unusual number of bytes ends the others and is followed by a pause.
 */
export class HandshakeLimits {
  readonly #turns = new KeyedSemaphore({ permits: MAX_AT_A_TIME, maxWaiting: MAX_WAITING });
  readonly #running = new Map<string, Set<Socket>>();
  /** Why connections were closed by the failure of another one. */
  readonly #ended = new WeakMap<Socket, OutboundError>();
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
  async run<Secured extends Socket>(handshake: Handshake, secure: () => Promise<Secured>): Promise<Secured> {
    const { origin, socket } = handshake;
    try {
      const release = await this.#turn(handshake);
      try {
        this.assertMayStart(origin);
        return await this.#secureCounted(handshake, secure);
      } finally {
        release();
      }
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  async #turn({ origin, deadline }: Handshake): Promise<ReleasePermit> {
    const timeoutMs = Math.max(deadline - performance.now(), 0);
    const release = await this.#turns.acquire(origin, timeoutMs);
    if (release) return release;
    throw new OutboundError('timeout', 'The TLS handshake waited too long for others with the receiver');
  }

  async #secureCounted<Secured>(handshake: Handshake, secure: () => Promise<Secured>): Promise<Secured> {
    const { origin, socket } = handshake;
    const bytesBefore = socket.bytesRead;
    const running = this.#running.get(origin) ?? new Set();
    this.#running.set(origin, running.add(socket));
    try {
      const secured = await secure();
      const failure =
        this.#ended.get(socket) ?? (socket.bytesRead - bytesBefore > MAX_BYTES ? tooMuch() : null);
      if (failure) throw failure;
      return secured;
    } catch (error) {
      const failure = this.#ended.get(socket) ?? error;
      if (failure instanceof OutboundError)
        this.#noteFailure(handshake, failure, socket.bytesRead - bytesBefore);
      throw failure;
    } finally {
      running.delete(socket);
      if (running.size === 0) this.#running.delete(origin);
    }
  }

  /** The pauses of handshakes that fail at the same time follow each other. */
  #noteFailure({ origin }: Handshake, failure: OutboundError, bytes: number): void {
    if (bytes <= USUAL_BYTES) return;
    const remainingMs = Math.max(this.#paused.getRemainingTTL(origin), 0);
    this.#paused.set(origin, failure, { ttl: remainingMs + bytes * PAUSE_PER_BYTE_MS });
    for (const other of this.#running.get(origin) ?? []) {
      if (!other.destroyed) this.#ended.set(other, failure);
      other.destroy();
    }
  }
}

const tooMuch = () =>
  new OutboundError(
    'tls_error',
    `The receiver sends more than ${MAX_BYTES / 1024} KB in the TLS handshake. Its certificate may have too many intermediate certificates`,
  );
