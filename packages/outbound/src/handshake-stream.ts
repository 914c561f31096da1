import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { WebhookIdentity } from '@posthorn/core';
import type { HandshakeShares } from './handshake-shares.js';
import { OutboundError } from './outbound-error.js';

/** Maximum number of bytes that a receiver sends in a handshake. Usual ones have 2 to 6 KB. */
const MAX_BYTES = 16_384;

interface Handshake {
  shares: HandshakeShares;
  webhook: WebhookIdentity;
  /** The deadline of the handshake, by performance.now(). */
  deadline: number;
}

/**
 * The stream between a connection and its TLS. OpenSSL verifies the certificates of a receiver before Node can look at them, and nothing else
 * runs meanwhile: so OpenSSL gets a limited number of bytes until the handshake is complete, its CPU time is charged to the webhook
 * of the request, and a webhook or tenant that exceeds its share waits before each call.
 */
export class HandshakeStream extends Duplex {
  readonly #socket: Socket;
  readonly #handshake: Handshake;
  #isComplete = false;
  #bytes = 0;
  /** Ends when what was received may be passed on. */
  #pause: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #cpuBefore: NodeJS.CpuUsage | undefined;
  #failure: OutboundError | null = null;

  constructor(socket: Socket, handshake: Handshake) {
    super();
    this.#socket = socket;
    this.#handshake = handshake;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.once('end', () => this.push(null));
    socket.once('error', (error) => this.destroy(error));
    socket.once('close', () => this.destroy());
  }

  /** Why this stream has ended the handshake; null if it has not. */
  get failure(): OutboundError | null {
    return this.#failure;
  }

  /** Measures the time of each call of OpenSSL, which is a listener by now. */
  startMeasuring(): void {
    this.prependListener('data', this.#begin);
    this.on('data', this.#end);
  }

  /** The handshake is complete: from now on, all bytes pass without a limit. */
  complete(): void {
    this.#isComplete = true;
    this.off('data', this.#begin);
    this.off('data', this.#end);
  }

  override _read(): void {
    if (this.#pause === undefined) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#pause);
    this.#socket.destroy();
    done(error);
  }

  #receive(chunk: Buffer): void {
    if (this.#isComplete) {
      this.#pass(chunk);
      return;
    }
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BYTES) this.#fail(tooManyBytes());
    else this.#passInTurn(chunk);
  }

  #passInTurn(chunk: Buffer): void {
    const { shares, webhook, deadline } = this.#handshake;
    const waitMs = shares.waitMs(webhook);
    if (waitMs === 0) {
      this.#pass(chunk);
      return;
    }
    if (performance.now() + waitMs > deadline) {
      this.#fail(tooMuchCpuTime(waitMs));
      return;
    }
    this.#socket.pause();
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#socket.resume();
      this.#passInTurn(chunk);
    }, waitMs);
  }

  #pass(chunk: Buffer): void {
    if (!this.push(chunk)) this.#socket.pause();
  }

  #fail(failure: OutboundError): void {
    this.#failure = failure;
    this.destroy(failure);
  }

  readonly #begin = (): void => {
    this.#cpuBefore = process.cpuUsage();
    this.#startedAt = performance.now();
  };

  /** The process may have been interrupted, and other threads have CPU time, too: the shorter time counts. */
  readonly #end = (): void => {
    const elapsedMs = performance.now() - this.#startedAt;
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    this.#handshake.shares.charge(this.#handshake.webhook, Math.min(elapsedMs, (user + system) / 1000));
  };
}

const tooManyBytes = () =>
  new OutboundError(
    'tls_error',
    `The receiver sends more than ${MAX_BYTES / 1024} KB in the TLS handshake. Its certificate may have too many intermediate certificates`,
  );

/** Returns the failure of a handshake that would have to wait for longer than it can. */
export const tooMuchCpuTime = (waitMs: number) =>
  new OutboundError(
    'tls_error',
    `Recent TLS handshakes took too much CPU time: the receiver's certificates, or those of your other receivers, take too long to verify. The next handshake may start in ${Math.ceil(waitMs / 1000)} s`,
  );
