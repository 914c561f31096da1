import type { ClientRequest, IncomingMessage } from 'node:http';
import type { FailureCode, ReadFreshness } from '@posthorn/core';
import type { Request } from 'got';
import { BodyHead } from './body-head.js';
import { client } from './got-client.js';
import type { GuardedAgents } from './guarded-agents.js';
import { openRequest } from './open-request.js';
import { OutboundError } from './outbound-error.js';
import { isReset, understandFailure } from './understand-failure.js';

export interface ExchangeInput extends ReadFreshness {
  url: URL;
  headers: Record<string, string>;
  body: Buffer;
  /** When it must be over, by performance.now(). */
  deadline: number;
}

export type Answer =
  | { kind: 'response'; status: number; body: string; retryAfter: string | null }
  | {
      kind: 'failure';
      code: FailureCode;
      message: string;
      /** The receiver had closed the idle connection that was used again, without a byte of an answer. */
      staleConnection: boolean;
    }
  | { kind: 'not_started' };

/** The time limit would end a flood of 1xx answers too, but reading them keeps the process from everything else. */
const MAX_INTERIM_ANSWERS = 20;

/**
 * One request over one connection, and what came of it. Once the status line is there it is what counts: a body that
 * breaks off, goes on for ever or is too long is cut, and with it the connection.
 */
export function exchange(input: ExchangeInput, agents: GuardedAgents): Promise<Answer> {
  return new Promise((resolve) => {
    new Exchange(input, agents, resolve).start();
  });
}

class Exchange {
  readonly #input: ExchangeInput;
  readonly #agents: GuardedAgents;
  readonly #resolve: (answer: Answer) => void;
  readonly #body = new BodyHead();
  #timer: NodeJS.Timeout | undefined;
  #stream: Request | undefined;
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #bytesReadBefore = 0;
  #interimAnswers = 0;

  constructor(input: ExchangeInput, agents: GuardedAgents, resolve: (answer: Answer) => void) {
    this.#input = input;
    this.#agents = agents;
    this.#resolve = resolve;
  }

  start(): void {
    const { url, body, deadline } = this.#input;
    const timeLeftMs = Math.max(deadline - performance.now(), 0);
    this.#timer = setTimeout(() => {
      this.#finish(new OutboundError('timeout', 'The receiver did not answer in time'));
    }, timeLeftMs);
    const stream = client(url, { isStream: true, body, request: () => this.#open() });
    stream.on('error', (error) => this.#finish(understandFailure(error), this.#isStale(error)));
    stream.once('response', (response: IncomingMessage) => {
      this.#response = response;
    });
    stream.on('data', (chunk: Buffer) => {
      if (!this.#body.add(chunk)) this.#finish();
    });
    stream.once('end', () => this.#finish());
    this.#stream = stream;
  }

  #open(): ClientRequest {
    const request = openRequest(this.#input, this.#agents);
    // Node writes the request right after this event, in the same turn.
    request.once('socket', (socket) => {
      this.#bytesReadBefore = socket.bytesRead;
      if (!this.#input.isFresh()) this.#settle({ kind: 'not_started' });
    });
    request.on('information', () => {
      this.#interimAnswers += 1;
      if (this.#interimAnswers > MAX_INTERIM_ANSWERS)
        this.#refuse('The receiver sends interim answers without end');
    });
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      this.#refuse('The receiver asked for another protocol');
    });
    this.#request = request;
    return request;
  }

  #isStale(error: unknown): boolean {
    const request = this.#request;
    return (
      request?.reusedSocket === true && isReset(error) && request.socket?.bytesRead === this.#bytesReadBefore
    );
  }

  #refuse(message: string): void {
    this.#finish(new OutboundError('invalid_response', message));
  }

  /** Judges by the status if there is one, else by the failure. */
  #finish(failure?: OutboundError, staleConnection = false): void {
    const response = this.#response;
    if (response === undefined) {
      const { code, message } = failure ?? understandFailure(undefined);
      this.#settle({ kind: 'failure', code, message, staleConnection });
      return;
    }
    const status = response.statusCode ?? 0;
    const retryAfter = response.headers['retry-after'] ?? null;
    this.#settle({ kind: 'response', status, body: this.#body.toString(), retryAfter });
  }

  #settle(answer: Answer): void {
    clearTimeout(this.#timer);
    this.#resolve(answer);
    // After a whole answer the connection is back with its agent already, and this cuts nothing.
    this.#stream?.destroy();
  }
}
