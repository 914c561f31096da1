import type { ClientRequest, IncomingMessage } from 'node:http';
import { type FailureCode, isSuccessStatus, type ReadFreshness, type WebhookIdentity } from '@posthorn/core';
import type { Request } from 'got';
import { BodyPreview } from './body-preview.js';
import { classifyError, isReset, isStaleRead } from './classify-error.js';
import { client } from './got-client.js';
import type { GuardedAgents } from './guarded-agents.js';
import type { AdmitAddress } from './guarded-connection.js';
import { readRetryAfter } from './read-retry-after.js';
import { openRequest } from './open-request.js';
import { OutboundError } from './outbound-error.js';
import { shownHeaders } from './shown-headers.js';

export interface ExchangeInput extends ReadFreshness {
  url: URL;
  webhook: WebhookIdentity;
  headers: Record<string, string>;
  body: Buffer;
  /** The deadline of the exchange, by performance.now(). */
  deadline: number;
  admits: AdmitAddress | undefined;
  maxBodyBytes: number | undefined;
}

export type ExchangeResult =
  | {
      kind: 'response';
      status: number;
      body: string;
      headers: Readonly<Record<string, string>> | null;
      retryAfter: string | null;
    }
  | {
      kind: 'failure';
      code: FailureCode;
      message: string;
      /** The reused connection was reset before a byte of the response arrived. */
      staleConnection: boolean;
    }
  | { kind: 'not_started' };

/** The timeout would also end a flood of 1xx responses, but reading them would block the event loop until then. */
const MAX_INTERIM_RESPONSES = 20;

/**
 * Sends one request over one connection and returns the result. Once the status line has arrived, the status is the
 * result: if the body breaks off, never ends or is too long, it is truncated and the connection is closed.
 */
export function exchange(input: ExchangeInput, agents: GuardedAgents): Promise<ExchangeResult> {
  return new Promise((resolve) => {
    new Exchange(input, agents, resolve).start();
  });
}

class Exchange {
  readonly #input: ExchangeInput;
  readonly #agents: GuardedAgents;
  readonly #resolve: (result: ExchangeResult) => void;
  readonly #body: BodyPreview;
  #timer: NodeJS.Timeout | undefined;
  #stream: Request | undefined;
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #bytesReadBefore = 0;
  #interimResponses = 0;

  constructor(input: ExchangeInput, agents: GuardedAgents, resolve: (result: ExchangeResult) => void) {
    this.#input = input;
    this.#agents = agents;
    this.#resolve = resolve;
    this.#body = new BodyPreview(input.maxBodyBytes);
  }

  start(): void {
    const { url, body, deadline } = this.#input;
    const timeLeftMs = Math.max(deadline - performance.now(), 0);
    this.#timer = setTimeout(() => {
      this.#finish(new OutboundError('timeout', 'The receiver did not respond in time'));
    }, timeLeftMs);
    const stream = client(url, { isStream: true, body, request: () => this.#open() });
    stream.on('error', (error) => {
      if (isStaleRead(error)) this.#settle({ kind: 'not_started' });
      else this.#finish(classifyError(error), this.#isReset(error));
    });
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
    // Node writes the request right after this event, in the same turn of the event loop.
    request.once('socket', (socket) => {
      this.#bytesReadBefore = socket.bytesRead;
      if (!this.#input.isFresh()) this.#settle({ kind: 'not_started' });
    });
    request.on('information', () => {
      this.#interimResponses += 1;
      if (this.#interimResponses > MAX_INTERIM_RESPONSES)
        this.#reject('The receiver sent too many interim responses (1xx)');
    });
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      this.#reject('The receiver tried to switch to another protocol');
    });
    this.#request = request;
    return request;
  }

  /** Returns whether the receiver has closed a reused connection before it responded. */
  #isReset(error: unknown): boolean {
    const request = this.#request;
    return (
      request?.reusedSocket === true && isReset(error) && request.socket?.bytesRead === this.#bytesReadBefore
    );
  }

  #reject(message: string): void {
    this.#finish(new OutboundError('invalid_response', message));
  }

  /** Settles with the response if there is one, else with the failure. */
  #finish(failure?: OutboundError, staleConnection = false): void {
    const response = this.#response;
    if (response === undefined) {
      const { code, message } = failure ?? classifyError(undefined);
      this.#settle({ kind: 'failure', code, message, staleConnection });
      return;
    }
    const status = response.statusCode ?? 0;
    const retryAfter = readRetryAfter(response.headers);
    const headers = isSuccessStatus(status) ? null : shownHeaders(response.rawHeaders);
    this.#settle({ kind: 'response', status, body: this.#body.toString(), headers, retryAfter });
  }

  #settle(result: ExchangeResult): void {
    clearTimeout(this.#timer);
    this.#resolve(result);
    // After a complete response the agent already has the connection back, so this does not close it.
    this.#stream?.destroy();
  }
}
