import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { startReceiver, type Receiver } from '../src/index.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('startReceiver', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());

  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${receiver.url}hook?a=1`, { method: 'POST', body, headers });

  it('records requests and responds with 200', async () => {
    const response = await post('{"type":"a.b"}', { 'webhook-id': 'evt_1' });
    expect(response.status).toBe(200);
    const [request] = await receiver.waitFor(1);
    expect(request).toMatchObject({ method: 'POST', path: '/hook?a=1', body: '{"type":"a.b"}' });
    expect(request?.json()).toEqual({ type: 'a.b' });
    expect([...receiver.byEvent().keys()]).toEqual(['evt_1']);
  });

  it('responds with the result of its handler', async () => {
    receiver.handle(() => ({ status: 503, headers: { 'retry-after': '7' }, body: 'later', delayMs: 5 }));
    const response = await post('{}');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.text()).toBe('later');
    receiver.handle(() => 'reset');
    await expect(post('{}')).rejects.toThrow();
  });

  it('waits for later requests, and lists the requests so far when it times out', async () => {
    const waiting = receiver.waitFor((requests) => requests.some((request) => request.body === 'second'));
    await post('first');
    await post('second');
    await expect(waiting).resolves.toHaveLength(2);
    await expect(receiver.waitFor(3, 20)).rejects.toThrow(/after 20 ms .*\n {2}POST \/hook\?a=1 first/);
  });

  it('verifies signatures', async () => {
    const at = new Date();
    const body = '{"type":"a.b"}';
    const signed = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(SECRET).sign('evt_1', at, body),
    };
    await post(body, signed);
    expect(() => receiver.verify(SECRET)).not.toThrow();
    await post(`${body} `, signed);
    expect(() => receiver.verify(SECRET)).toThrow('No matching signature found');
  });

  it('refuses connections between disconnect and reconnect, and keeps its port', async () => {
    receiver.handle(() => 'hang');
    const interrupted = expect(post('{}')).rejects.toThrow('fetch failed');
    const [request] = await receiver.waitFor(1);
    expect([receiver.inFlight(), request?.isAborted()]).toEqual([1, false]);
    await receiver.disconnect();
    await interrupted;
    expect([receiver.inFlight(), request?.isAborted(), receiver.isConnected()]).toEqual([0, true, false]);
    await expect(post('{}')).rejects.toThrow('fetch failed');
    await receiver.reconnect();
    receiver.handle(() => ({}));
    expect((await post('{}')).status).toBe(200);
  });

  it('closes while a request is in flight', async () => {
    receiver.handle(() => 'hang');
    const aborted = expect(post('{}')).rejects.toThrow('fetch failed');
    await receiver.waitFor(1);
    await receiver.close();
    await aborted;
  });
});
