import { describe, expect, it } from '@jest/globals';
import type { Outcome } from '@posthorn/core';
import type { OutboundRequest, Sender } from '@posthorn/outbound';
import { sendWhileWanted } from '../src/send-while-wanted.js';

const request: OutboundRequest = { url: 'https://a.example/', headers: {}, body: '{}', timeoutMs: 1000 };
const response: Outcome = {
  kind: 'response',
  status: 200,
  body: '',
  retryAfter: null,
  durationMs: 5,
};

/** A sender that starts nothing on knowledge that is too old, as the real one. */
const sender: Pick<Sender, 'send'> = {
  send: async ({ mayStart }) => (mayStart?.() ? response : { kind: 'not_started' }),
};

const longAgoMs = (): number => performance.now() - 5000;

describe('a request on knowledge that got too old', () => {
  it('is sent once it was read again', async () => {
    const wanted = { request, readAtMs: longAgoMs(), stillWanted: async () => true };
    expect(await sendWhileWanted(wanted, sender)).toBe(response);
  });

  it('is not sent when the webhook was changed', async () => {
    const wanted = { request, readAtMs: longAgoMs(), stillWanted: async () => false };
    await expect(sendWhileWanted(wanted, sender)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is given up when reading takes too long every time', async () => {
    let sends = 0;
    const never: Pick<Sender, 'send'> = {
      send: async () => {
        sends += 1;
        return { kind: 'not_started' };
      },
    };
    const wanted = { request, readAtMs: performance.now(), stillWanted: async () => true };
    await expect(sendWhileWanted(wanted, never)).rejects.toMatchObject({ code: 'unavailable' });
    expect(sends).toBe(3);
  });
});
