import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '@posthorn/local';
import { eventually, type Receiver, startReceiver } from '@posthorn/testkit';
import { start, type Running } from './fixtures/command-line.js';
import { useStack } from './fixtures/use-stack.js';

const inUse = useStack();

/** The first line of `listen --json`. */
interface Ready {
  url: string;
  webhookId: string;
  secret: string;
}

async function listening(running: Running): Promise<Ready> {
  return JSON.parse(await running.waitFor('"kind":"listening"'));
}

const webhookIds = async (): Promise<string[]> =>
  (await inUse.api.get('/v1/webhooks')).body.data.map(({ id }: { id: string }) => id);

describe('posthorn listen', () => {
  it('validates its webhook, prints events, and deletes the webhook on Ctrl-C', async () => {
    const running = inUse.start(['listen', '--events', 'invoice.*']);
    const ready = await running.waitFor('Ready: ');
    const [, id = '', url = ''] = /^Ready: (wh_\w+) receives invoice\.\* at (http:\S+)$/.exec(ready) ?? [];
    expect((await inUse.api.get(`/v1/webhooks/${id}`)).body).toMatchObject({ status: 'active', url });
    await running.waitFor('webhook.validation');

    const { body: event } = await inUse.api.post('/v1/events', {
      type: 'invoice.paid',
      data: { amount: 42 },
    });
    const line = await running.waitFor('invoice.paid');
    expect(line).toMatch(new RegExp(`^\\S+Z {2}invoice\\.paid {2}${event.id} {2}✓ verified {2}\\d+ B$`));
    expect(await running.waitFor('"amount"')).toBe('  "amount": 42');

    running.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([0, `Deleted ${id}\n`]);
    expect(await webhookIds()).not.toContain(id);
  });

  it('rejects a forged request and does not forward it', async () => {
    const target = await startReceiver();
    const running = inUse.start(['listen', '--forward', target.url, '--json']);
    const { url, webhookId } = await listening(running);
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'webhook-id': 'evt_\u009b31m',
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
        'webhook-signature': 'v1,Zm9yZ2Vk',
      },
      body: '{"type":"webhook.validation","data":{"code":"STOLEN"}}',
    });
    expect([response.status, await response.text()]).toEqual([401, expect.not.stringContaining('STOLEN')]);
    expect(JSON.parse(await running.waitFor('"kind":"rejected"'))).toMatchObject({
      verified: false,
      reason: expect.stringContaining('signature'),
    });
    running.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
    expect(target.requests).toEqual([]);
    expect(await webhookIds()).not.toContain(webhookId);
    await target.close();
  });

  it('receives only the requested event types', async () => {
    const running = inUse.start(['listen', '--json', '--events', 'mine.*']);
    const { webhookId } = await listening(running);
    await inUse.api.post('/v1/events', { type: 'other.thing', data: {} });
    await inUse.api.post('/v1/events', { type: 'mine.thing', data: {} });
    await running.waitFor('mine.thing');
    expect(running.stdout().join()).not.toContain('other.thing');
    await inUse.api.delete(`/v1/webhooks/${webhookId}`);
    running.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 0, stderr: `${webhookId} was already deleted\n` });
  });
});

describe('--forward', () => {
  let target: Receiver;
  beforeEach(async () => {
    target = await startReceiver({ handler: () => ({ status: 503, body: 'come back' }) });
  });
  afterEach(() => target.close());

  it('forwards the request unchanged and returns the response to Posthorn', async () => {
    const running = inUse.start(['listen', '--forward', new URL(target.url).host, '--json']);
    const { secret, webhookId } = await listening(running);
    // Only one attempt while the test lasts.
    await inUse.api.patch(`/v1/webhooks/${webhookId}`, { retrySchedule: [3600] });
    const text = '{ "n":1, "big":1e400}';
    const { body: event } = await inUse.api.post('/v1/events', `{"type":"a.b","data":${text}}`);
    const line = await running.waitFor('"type":"a.b"');
    expect(line).toMatch(/,"data":\{"n":1,"big":1e400\}\}$/);
    expect(JSON.parse(line)).toMatchObject({
      kind: 'event',
      id: event.id,
      verified: true,
      data: { n: 1 },
      status: 503,
      forwarded: { status: 503 },
    });
    target.verify(secret);
    expect(target.requests.map(({ path }) => path)).toEqual(['/']);
    await eventually(async () => {
      const { body } = await inUse.api.get(`/v1/events/${event.id}/deliveries`);
      const attempts = await inUse.api.get(`/v1/deliveries/${body.data[0].id}/attempts`);
      expect(attempts.body.data).toMatchObject([{ responseStatus: 503, responseBody: 'come back' }]);
    });
    running.kill('SIGINT');
    await running.ended;
  });

  it('reports a connection error and responds with 502', async () => {
    const port = String(await freePort());
    const running = inUse.start(['listen', '--forward', port]);
    await running.waitFor('Ready');
    await inUse.api.post('/v1/events', { type: 'a.b', data: {} });
    expect(await running.waitFor('a.b')).toMatch(/✓ verified .*→ .*ECONNREFUSED.* in \d+ ms$/);
    running.kill('SIGINT');
    expect((await running.ended).stdout).not.toContain('{');
  });
});

describe('a killed listener', () => {
  it('is cleaned up by the next one, which spares running listeners', async () => {
    const [killed, alive] = [inUse.start(['listen', '--json']), inUse.start(['listen', '--json'])];
    const [lost, kept] = [await listening(killed), await listening(alive)];
    killed.kill('SIGKILL');
    await killed.ended;
    const next = inUse.start(['listen', '--json']);
    const own = await listening(next);
    expect(await next.waitFor(lost.webhookId)).toContain('left behind by a killed listener');
    expect((await webhookIds()).toSorted()).toEqual([kept.webhookId, own.webhookId].toSorted());
    for (const running of [alive, next]) running.kill('SIGINT');
    await Promise.all([alive.ended, next.ended]);
    expect(await webhookIds()).toEqual([]);
  });
});

describe('listen --secret', () => {
  it('needs no API', async () => {
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}/`;
    const { body } = await inUse.api.post('/v1/webhooks', { url, eventTypes: ['a.b'] });
    const running = start(['listen', '--secret', body.secret, '--port', port, '--json'], { cwd: '/' });
    await listening(running);
    const validation = await inUse.api.post(`/v1/webhooks/${body.id}/validation`);
    expect(validation.body.status).toBe('confirmed');
    await inUse.api.post('/v1/events', { type: 'a.b', data: { n: 2 } });
    expect(JSON.parse(await running.waitFor('"type":"a.b"'))).toMatchObject({
      verified: true,
      data: { n: 2 },
    });
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(0);
    await inUse.api.delete(`/v1/webhooks/${body.id}`);
  });
});

describe('a listener that cannot start', () => {
  it('reports the reason and leaves no webhook', async () => {
    const taken = await startReceiver();
    const onTaken = await inUse.run(['listen', '--port', new URL(taken.url).port]);
    expect(onTaken).toMatchObject({ code: 1, stderr: expect.stringContaining('EADDRINUSE') });
    const notOurs = await inUse.run(['listen', '--public-url', taken.url]);
    expect(notOurs).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Another program is listening'),
    });
    const notAllowed = await inUse.run(['listen', '--public-url', 'http://10.0.0.1/']);
    expect(notAllowed).toMatchObject({ code: 1, stderr: expect.stringContaining('POSTHORN_OUTBOUND_ALLOW') });
    expect(await webhookIds()).toEqual([]);
    await taken.close();
  });
});
