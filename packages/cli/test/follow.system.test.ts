import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Receiver, startReceiver, createActiveWebhook } from '@posthorn/testkit';
import { words } from './fixtures/command-line.js';
import { useStack } from './fixtures/use-stack.js';

const inUse = useStack();
const EVENTS = 120;
let receiver: Receiver;
let webhookId: string;

beforeAll(async () => {
  receiver = await startReceiver();
  ({ id: webhookId } = await createActiveWebhook(inUse.api, receiver, {
    eventTypes: ['t.*'],
    retrySchedule: [],
  }));
  const events = Array.from({ length: EVENTS }, (_, n) => ({ type: 't.past', data: { n } }));
  await inUse.api.post('/v1/events/batch', { events });
  await receiver.waitFor(EVENTS);
  await eventually(async () => {
    const { body } = await inUse.api.get('/v1/deliveries?status=pending');
    expect(body.data).toEqual([]);
  });
});
afterAll(() => receiver.close());

describe('deliveries tail', () => {
  it('starts with the latest deliveries and prints each state once', async () => {
    const running = inUse.start(['deliveries', 'tail', '--last', '3', '--json']);
    await running.waitFor('t.past');
    const release = new EventEmitter();
    receiver.handle(async () => {
      await once(release, 'release');
      return {};
    });
    const before = receiver.requests.length;
    await inUse.api.post('/v1/events', { type: 't.new', data: {} });
    await running.waitFor('"status":"pending"');
    await receiver.waitFor(before + 1);
    release.emit('release');
    receiver.handle(() => ({}));
    await running.waitFor('t.new","webhookId":"' + webhookId);
    await eventually(() => expect(running.stdout().at(-1)).toContain('"status":"succeeded"'));
    running.kill('SIGINT');
    const { code, lines } = await running.ended;
    expect(code).toBe(0);
    const seen = lines().map(({ eventType, status }) => `${eventType} ${status}`);
    expect(seen).toEqual([
      ...Array.from({ length: 3 }, () => 't.past succeeded'),
      't.new pending',
      't.new succeeded',
    ]);
  });

  it('filters by status', async () => {
    receiver.handle((request) => ({ status: request.json().data.ok ? 200 : 500 }));
    const running = inUse.start(['deliveries', 'tail', '--last', '0', '--status', 'failed']);
    await running.waitFor('Waiting for new deliveries');
    await inUse.api.post('/v1/events', { type: 't.bad', data: { ok: false } });
    await inUse.api.post('/v1/events', { type: 't.good', data: { ok: true } });
    const line = await running.waitFor('t.bad');
    receiver.handle(() => ({}));
    running.kill('SIGINT');
    const { stdout } = await running.ended;
    expect(line).toContain('failed');
    expect(stdout).not.toContain('t.good');
  });
});

describe('replay', () => {
  it('shows progress on stderr and the result on stdout', async () => {
    const before = receiver.requests.length;
    const { code, stdout, stderr } = await inUse.run(
      words(`replay ${webhookId} --from 1h --type t.past --status succeeded`),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^status +completed$/m);
    expect(stderr).toMatch(new RegExp(`^Replay rpl_\\w+ of ${EVENTS} deliveries$`, 'm'));
    expect(stderr).toContain(`100% | ${EVENTS} of ${EVENTS} | ${EVENTS} succeeded, 0 failed, 0 dropped`);
    expect(receiver.requests.length - before).toBe(EVENTS);
  });

  it('only counts the deliveries with --dry-run', async () => {
    const before = receiver.requests.length;
    const past = `replay ${webhookId} --from 1h --type t.past --dry-run`;
    expect((await inUse.run(words(past))).stdout).toBe(`Deliveries: ${EVENTS}\n`);
    expect((await inUse.run(words(`${past} --json`))).json()).toEqual({ id: null, total: EVENTS });
    const event = await inUse.api.get('/v1/events?type=t.past&limit=1');
    expect((await inUse.run(['replay', event.body.data[0].id, '--dry-run'])).stdout).toBe('Deliveries: 1\n');
    expect(receiver.requests.length).toBe(before);
  });

  it('continues after Ctrl-C and prints how to cancel it', async () => {
    receiver.handle(() => 'hang');
    const running = inUse.start(['replay', webhookId, '--from', '1h', '--type', 't.past', '--json']);
    const [id = ''] = /rpl_\w+/.exec(await running.waitFor('Replay rpl_')) ?? [];
    await running.waitFor(`of ${EVENTS} |`);
    running.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`posthorn replays cancel ${id}`);
    expect((await inUse.run(['replays', 'get', id, '--json'])).json()).toMatchObject({ status: 'running' });
    expect((await inUse.run(['replays', 'cancel', id])).stdout).toMatch(/^status +cancelled$/m);
    const listed = await inUse.run(['replays', 'list', '--webhook', webhookId, '--status', 'cancelled']);
    expect(listed.stdout).toMatch(new RegExp(`^${id} +cancelled +${webhookId} `, 'm'));
    receiver.handle(() => ({}));
  });

  it('redelivers one event', async () => {
    const event = await inUse.api.get('/v1/events?type=t.past&limit=1');
    const before = receiver.requests.length;
    const { code, stdout } = await inUse.run(['replay', event.body.data[0].id, '--detach', '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { total: 1, eventId: event.body.data[0].id }]);
    await receiver.waitFor(before + 1);
  });
});

describe('recover', () => {
  const FAILED = 5;
  let failing: string;

  beforeAll(async () => {
    ({ id: failing } = await createActiveWebhook(inUse.api, receiver, {
      eventTypes: ['r.*'],
      retrySchedule: [],
    }));
    receiver.handle(() => ({ status: 500 }));
    const events = Array.from({ length: FAILED }, (_, n) => ({ type: 'r.failed', data: { n } }));
    await inUse.api.post('/v1/events/batch', { events });
    await eventually(async () => {
      const { body } = await inUse.api.get(`/v1/deliveries?webhookId=${failing}&status=failed`);
      expect(body.data).toHaveLength(FAILED);
    });
  });

  const recover = (...args: string[]) =>
    inUse.run(['recover', '--webhook', failing, '--since', '15m', ...args]);

  it('counts the deliveries without sending them', async () => {
    const before = receiver.requests.length;
    const { code, stdout } = await recover('--dry-run');
    expect([code, stdout]).toEqual([0, `Deliveries: ${FAILED}, webhooks: 1\n`]);
    expect(
      await recover('--until', '2026-01-01T00:00:00Z', '--since', '2025-01-01T00:00:00Z', '--json'),
    ).toMatchObject({ code: 0 });
    const notConfirmed = await recover();
    expect([notConfirmed.code, notConfirmed.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect(receiver.requests).toHaveLength(before);
  });

  it('fails if a delivery fails again', async () => {
    const { code, stdout, stderr } = await recover('--yes');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^status +completed$/m);
    expect(stderr).toContain(`100% | ${FAILED} of ${FAILED} | 0 succeeded, ${FAILED} failed, 0 dropped`);
  });

  it('shows the progress and the result', async () => {
    receiver.handle(() => ({}));
    const { code, stderr } = await recover('--yes', '--json');
    expect(code).toBe(0);
    expect(stderr).toContain(`100% | ${FAILED} of ${FAILED} | ${FAILED} succeeded, 0 failed, 0 dropped`);
    const listed = await inUse.run(['recoveries', 'list', '--webhook', failing]);
    expect(listed.stdout.match(/^rcv_\w+ +completed/gm)).toHaveLength(2);
    const [id = ''] = /rcv_\w+/.exec(listed.stdout) ?? [];
    expect((await inUse.run(['recoveries', 'get', id, '--json'])).json()).toMatchObject({ failed: 0 });
    expect(await inUse.run(['recoveries', 'cancel', id])).toMatchObject({ code: 1 });
    expect((await recover('--yes')).stdout).toBe('Nothing to recover\n');
  });
});

describe('deliveries retry', () => {
  it('sends several deliveries, with a result for each', async () => {
    const { body } = await inUse.api.get(`/v1/deliveries?webhookId=${webhookId}&status=succeeded&limit=2`);
    const ids: string[] = body.data.map(({ id }: { id: string }) => id);
    const unknown = `${ids[0]?.slice(0, -4)}0000`;
    const { code, stdout } = await inUse.run(['deliveries', 'retry', ...ids, unknown]);
    expect(code).toBe(1);
    expect(stdout.match(/^dlv_\w+ +retried/gm)).toHaveLength(2);
    expect(stdout).toMatch(/^dlv_\w+ +rejected +Delivery not found$/m);
  });
});
