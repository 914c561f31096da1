import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { advance, flushPromises, useFakeTime } from '@posthorn/testkit/fake-time';
import { receiveBytes } from '../src/http/receive-bytes.js';

const SLOWEST = { bytes: 100, windowMs: 1000 };

beforeEach(useFakeTime);
afterEach(() => {
  jest.useRealTimers();
});

/** Starts to receive a body. Returns what has happened to it so far. */
function receive(onBytes: (length: number) => void = () => {}) {
  const body = new PassThrough();
  const state = { body, outcome: 'pending' };
  receiveBytes(body, { onBytes, slowest: SLOWEST }).then(
    (bytes) => (state.outcome = bytes.toString()),
    (error: { code: string }) => (state.outcome = error.code),
  );
  return state;
}

describe('a body', () => {
  it('is received in chunks of any number', async () => {
    const state = receive();
    state.body.write('a');
    state.body.end('b');
    await flushPromises();
    expect(state.outcome).toBe('ab');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('may take any time while it is fast enough', async () => {
    const state = receive();
    for (let window = 0; window < 20; window += 1) {
      state.body.write('x'.repeat(100));
      await advance(1000, 500);
    }
    expect(state.outcome).toBe('pending');
    state.body.end();
    await flushPromises();
    expect(state.outcome).toHaveLength(2000);
  });

  it('times out when it stalls, however much has arrived', async () => {
    const state = receive();
    state.body.write('x'.repeat(10_000));
    await advance(1000, 500);
    expect(state.outcome).toBe('pending');
    state.body.write('x'.repeat(99));
    await advance(1000, 500);
    expect(state.outcome).toBe('request_timeout');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is incomplete when the client disconnects, also before it is read', async () => {
    const state = receive();
    state.body.write('x');
    state.body.destroy();
    await flushPromises();
    expect(state.outcome).toBe('invalid_json');
    await expect(receiveBytes(state.body, { onBytes: () => {}, slowest: SLOWEST })).rejects.toMatchObject({
      code: 'invalid_json',
    });
  });

  it('is discarded after a refusal, so that the client can read the response', async () => {
    const lengths: number[] = [];
    const state = receive((length) => {
      lengths.push(length);
      if (length > 2) throw Object.assign(new Error(), { code: 'refused' });
    });
    for (const chunk of ['12', '34', '56']) state.body.write(chunk);
    await flushPromises();
    await flushPromises();
    expect(state.outcome).toBe('refused');
    expect(lengths).toEqual([2, 4]);
    expect(state.body.readableLength).toBe(0);
  });
});
