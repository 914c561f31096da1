import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createActiveWebhook, eventually, type Receiver, startReceiver } from '@posthorn/testkit';
import { words } from './fixtures/command-line.js';
import { useStack } from './fixtures/use-stack.js';

const inUse = useStack();

let receiver: Receiver;
let webhookId: string;
/** Each test has separate events. */
let eventType: string;

beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

beforeEach(async () => {
  eventType = `feed.test${Date.now()}`;
  ({ id: webhookId } = await createActiveWebhook(inUse.api, receiver, {
    eventTypes: [eventType],
    externalId: `ext-${Date.now()}`,
    sequence: true,
  }));
});

/** Publishes events one after the other. Returns their ids. */
async function publish(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 1; n <= count; n++)
    ids.push((await inUse.api.post('/v1/events', { type: eventType, data: { n } })).body.id);
  return ids;
}

async function storedCursor(): Promise<number | null> {
  return (await inUse.api.get(`/v1/webhooks/${webhookId}/feed/cursor`)).body.cursor;
}

it('prints the entries after a number, and stores no cursor unless it is asked to', async () => {
  const { run } = inUse;
  const [first = '', second = '', third = ''] = await publish(3);
  const { code, stdout } = await run(['feed', webhookId]);
  expect(code).toBe(0);
  const [line, body] = stdout.split('\n');
  expect(line).toMatch(new RegExp(`^1 .+Z  (pending|succeeded)  ${eventType}  ${first} → dlv_\\w+$`));
  expect(JSON.parse(body ?? '')).toMatchObject({ id: first, data: { n: 1 } });

  const later = (await run(words(`feed ${webhookId} --after 1 --json`))).lines();
  expect(later.map(({ sequence, eventId }) => [sequence, eventId])).toEqual([
    [2, second],
    [3, third],
  ]);
  expect(later[0].headers).toMatchObject({ 'webhook-sequence': '2' });
  expect(await storedCursor()).toBeNull();

  expect((await run(words(`feed ${webhookId} --save-cursor --json`))).lines()).toHaveLength(3);
  expect(await storedCursor()).toBe(3);
  expect((await run(['feed', webhookId])).stdout).toBe('');
  const ahead = await run(words(`feed ${webhookId} --after 9`));
  expect(ahead).toMatchObject({ code: 1, stdout: '' });
});

it('follows the feed until Ctrl-C', async () => {
  const [first = ''] = await publish(1);
  const running = inUse.start(words(`feed ${webhookId} --follow --save-cursor --json`));
  await running.waitFor(first);
  const [second = ''] = await publish(1);
  await running.waitFor(second);
  await eventually(async () => expect(await storedCursor()).toBe(2));
  running.kill('SIGINT');
  const { code, lines, stderr } = await running.ended;
  expect(code).toBe(0);
  expect(lines().map(({ sequence }) => sequence)).toEqual([1, 2]);
  expect(stderr).toContain('Press Ctrl-C to stop');
});

it('a key of the feed of a webhook prints only that feed', async () => {
  const { run, api } = inUse;
  const created = (await run(words(`keys create ledger --webhook ${webhookId} --json`))).json();
  expect(created).toMatchObject({ name: 'ledger', scopes: ['feed:read'], webhookId });
  expect((await run(['keys', 'list'])).stdout).toMatch(new RegExp(`^${created.id} .* ${webhookId} `, 'm'));
  const [id = ''] = await publish(1);
  const own = await run(['feed', webhookId, '--json', '--api-key', created.key]);
  expect(own.lines()).toMatchObject([{ sequence: 1, eventId: id }]);
  const other = await createActiveWebhook(api, receiver, { eventTypes: ['none'], sequence: true });
  expect((await run(['feed', other.id, '--api-key', created.key])).code).toBe(1);
  const wrong = await run(words(`keys create ledger --webhook ${webhookId} --scopes events:read`));
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('scopes') });
});
