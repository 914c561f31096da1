import { describe, expect, it } from '@jest/globals';
import { currentMoment, type Moment, type Outcome } from '@posthorn/core';
import type { OutboundMessage, Sender } from '@posthorn/outbound';
import { sendIfUnchanged } from '../src/requests/send-if-unchanged.js';

const request: OutboundMessage = {
  webhook: { id: 'webhook', tenantId: 'tenant' },
  url: 'https://a.example/',
  headers: {},
  body: '{}',
  timeoutMs: 1000,
};
const response: Outcome = {
  kind: 'response',
  status: 200,
  body: '',
  headers: null,
  retryAfter: null,
  durationMs: 5,
};

/** Like the real sender, starts no request on a stale read. */
const sender: Pick<Sender, 'send'> = {
  send: async ({ isFresh }) => (isFresh() ? response : { kind: 'not_started' }),
};

const staleRead = (): Moment => ({ ...currentMoment(), monotonicMs: performance.now() - 5000 });

describe('sendIfUnchanged after a stale read', () => {
  it('reads again and sends', async () => {
    const conditional = { request, readAt: staleRead(), isUnchanged: async () => true };
    expect(await sendIfUnchanged(conditional, sender)).toBe(response);
  });

  it('throws conflict if the webhook has changed', async () => {
    const conditional = { request, readAt: staleRead(), isUnchanged: async () => false };
    await expect(sendIfUnchanged(conditional, sender)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('throws the error of a read during the connect, which is no failure of the receiver', async () => {
    const failure = new Error('conflict');
    const isUnchanged = () => Promise.reject(failure);
    const conditional = { request, readAt: staleRead(), isUnchanged };
    const connecting: Pick<Sender, 'send'> = {
      async send({ refresh }) {
        try {
          await refresh();
          return { kind: 'not_started' };
        } catch {
          return { kind: 'failure', code: 'network_error', message: '', durationMs: 5 };
        }
      },
    };
    await expect(sendIfUnchanged(conditional, connecting)).rejects.toBe(failure);
  });

  it('throws unavailable if every read goes stale', async () => {
    let sends = 0;
    const neverStarting: Pick<Sender, 'send'> = {
      send: async () => {
        sends += 1;
        return { kind: 'not_started' };
      },
    };
    const conditional = { request, readAt: currentMoment(), isUnchanged: async () => true };
    await expect(sendIfUnchanged(conditional, neverStarting)).rejects.toMatchObject({ code: 'unavailable' });
    expect(sends).toBe(3);
  });
});
