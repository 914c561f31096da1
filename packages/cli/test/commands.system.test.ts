import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook as SvixWebhook } from 'svix';
import { connect } from '@posthorn/database/connection';
import { freePort } from '@posthorn/local';
import { eventually, type Receiver, startReceiver, createActiveWebhook } from '@posthorn/testkit';
import { SVIX_SECRET, svixDocuments } from './fixtures/source-documents.js';
import { type SourceServer, startSourceServer } from './fixtures/source-server.js';
import { call, runHere, words } from './fixtures/command-line.js';
import { useStack } from './fixtures/use-stack.js';

const inUse = useStack();
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

describe('the API', () => {
  it('can be configured in three ways', async () => {
    const { stack, folder } = inUse;
    const flags = ['--url', stack.apiUrl, '--api-key', stack.adminKey];
    const env = { POSTHORN_URL: stack.apiUrl, POSTHORN_API_KEY: stack.adminKey };
    const results = await Promise.all([
      call(['webhooks', 'list', '--json', ...flags], { cwd: '/' }),
      call(['webhooks', 'list', '--json'], { cwd: '/', env }),
      call(['webhooks', 'list', '--json'], { cwd: folder }),
    ]);
    for (const result of results) expect(result).toMatchObject({ code: 0, stdout: '[]\n', stderr: '' });
  });

  it('is required; the error lists all three ways', async () => {
    const { code, stdout, stderr } = await runHere(['webhooks', 'list'], { cwd: '/' });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('posthorn: No Posthorn API configured.');
    for (const way of ['--url', 'POSTHORN_URL', 'posthorn up']) expect(stderr).toContain(way);
  });

  it('never receives the key of another API', async () => {
    const { folder } = inUse;
    const elsewhere = await runHere(['webhooks', 'list', '--url', 'https://posthorn.example'], {
      cwd: folder,
    });
    expect(elsewhere).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('No API key configured for'),
    });
    const unnamed = await runHere(['webhooks', 'list'], {
      cwd: folder,
      env: { POSTHORN_API_KEY: 'phk_other' },
    });
    expect(unnamed).toMatchObject({
      code: 2,
      stderr: 'posthorn: POSTHORN_API_KEY is set, but POSTHORN_URL is not. Set both.\n',
    });
  });
});

describe('errors', () => {
  it('are printed in one line, with exit code 1', async () => {
    const wrongKey = await inUse.call(['webhooks', 'list', '--api-key', `phk_${'x'.repeat(40)}`]);
    expect(wrongKey).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^posthorn: .*API key.*\n$/),
    });
    const url = `http://127.0.0.1:${await freePort()}`;
    const unreachable = await inUse.run(['webhooks', 'list', '--url', url, '--api-key', 'phk_x']);
    expect(unreachable).toMatchObject({ code: 1, stdout: '' });
    expect(unreachable.stderr).toBe(`posthorn: Connection failed: ${url}\n`);
  });

  it('are JSON on stderr with --json', async () => {
    const { code, stdout, stderr } = await inUse.call([
      'webhooks',
      'create',
      'not-a-url',
      '--events',
      '!',
      '--json',
    ]);
    expect([code, stdout]).toEqual([1, '']);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'invalid_input', status: 422, errors: [{ path: 'url' }, { path: 'eventTypes[0]' }] },
    });
  });

  it.each([
    [['publish', 'a.b', '--data', '{'], '--data: not valid JSON at position 1'],
    [
      ['publish', 'a.b', '--data', '@nowhere.json'],
      '--data: cannot read nowhere.json: no such file or directory',
    ],
    [
      ['webhooks', 'update', 'wh_00000000000000000000000000', '--filter', '{"const":1e400}'],
      '--filter must not contain the number 1e400, which is too large',
    ],
    [['publish'], "missing required argument 'type'"],
    [['webhooks', 'list', '--limit', 'many'], 'Must be a whole number'],
    [['webhooks', 'delete', 'wh_00000000000000000000000000', '--yes', '--what'], "unknown option '--what'"],
    [['replay', 'wh_00000000000000000000000000'], '--from is required'],
    [['nothing'], "unknown command 'nothing'"],
    [['up', '--json'], 'up does not support --json'],
  ])('%j is a usage error: exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await inUse.run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

describe('webhooks', () => {
  it('covers the lifecycle', async () => {
    const { run } = inUse;
    const settings = ['--filter', '{"required":["amount"]}', '--rate-limit', '50/1', '--header', 'x-one: 1'];
    const created = await run([
      ...words(`webhooks create ${receiver.url} --events invoice.*,customer.created --validate --json`),
      ...settings,
    ]);
    expect(created.json()).toMatchObject({
      status: 'pending_validation',
      eventTypes: ['customer.created', 'invoice.*'],
      filter: { required: ['amount'] },
      rateLimit: { limit: 50, perSeconds: 1 },
      headerNames: ['x-one'],
      secret: expect.stringMatching(/^whsec_/),
    });
    const { id } = created.json();
    expect(created.stderr).toContain(`posthorn webhooks confirm ${id}`);

    const wrong = await run(['webhooks', 'confirm', id, 'WRONG']);
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('validation code is incorrect') });
    const code = receiver.requests.at(-1)?.json().data.code;
    const confirmed = await run(['webhooks', 'confirm', id, code]);
    expect(confirmed.stdout).toMatch(/^status +active$/m);

    const updated = await run([
      'webhooks',
      'update',
      id,
      '--rate-limit',
      'default',
      '--timeout-ms',
      '20000',
      '--json',
    ]);
    expect(updated.json()).toMatchObject({
      rateLimit: null,
      timeoutMs: 20_000,
      filter: { required: ['amount'] },
    });

    const tested = await run(['webhooks', 'test', id, 'invoice.paid', '--json']);
    expect(tested).toMatchObject({ code: 0 });
    expect(tested.json()).toMatchObject({ succeeded: true, responseStatus: 200 });

    expect((await run(['webhooks', 'suspend', id, '--reason', 'too loud', '--json'])).json()).toMatchObject({
      status: 'suspended',
      suspendReason: 'too loud',
    });
    const again = await run(['webhooks', 'suspend', id]);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('suspended') });
    expect((await run(['webhooks', 'reactivate', id])).stdout).toMatch(/^status +active$/m);

    const own = ['--secret', '-', '--secret-encoding', 'text', '--json'];
    const replaced = await run(['webhooks', 'rotate-secret', id, ...own], {
      input: 'my own secret of long ago\n',
    });
    expect(replaced.json().secret).toBe(
      `whsec_${Buffer.from('my own secret of long ago').toString('base64')}`,
    );
    const rotated = await run(['webhooks', 'rotate-secret', id, '--overlap-hours', '1', '--json']);
    expect(rotated.json().secret).not.toBe(created.json().secret);
    const [current, older] = (await run(['webhooks', 'secrets', id, '--json'])).json();
    expect([current.endsAt, older.endsAt]).toEqual([null, expect.any(String)]);
    expect((await run(['webhooks', 'end-secret', id, older.id])).code).toBe(2);
    expect(await run(['webhooks', 'end-secret', id, older.id, '--yes'])).toMatchObject({
      code: 0,
      stdout: `Ended ${older.id}\n`,
    });
    expect((await run(['webhooks', 'secrets', id])).stdout).not.toContain(older.id);

    const unconfirmed = await run(['webhooks', 'delete', id]);
    expect(unconfirmed).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect((await run(['webhooks', 'get', id])).code).toBe(0);
    expect(await run(['webhooks', 'delete', id, '--yes'])).toMatchObject({
      code: 0,
      stdout: `Deleted ${id}\n`,
    });
    expect(await run(['webhooks', 'get', id])).toMatchObject({ code: 1 });
  });

  it('prints the secret even if the receiver rejects the code', async () => {
    receiver.handle(() => ({ status: 500 }));
    const created = await inUse.run(words(`webhooks create ${receiver.url} --events a.b --validate --json`));
    receiver.handle(() => ({}));
    expect(created).toMatchObject({ code: 1, stderr: expect.stringContaining('validation_delivery_failed') });
    expect(created.json()).toMatchObject({ secret: expect.stringMatching(/^whsec_/) });
    await inUse.api.delete(`/v1/webhooks/${created.json().id}`);
  });

  it('exits with 1 if the receiver fails a test event', async () => {
    const { id } = await createActiveWebhook(inUse.api, receiver, {
      eventTypes: ['a.b'],
      retrySchedule: [],
    });
    receiver.handle(() => ({ status: 500 }));
    const tested = await inUse.run(['webhooks', 'test', id, 'a.b', '--data', '{"edited":true}']);
    expect(receiver.requests.at(-1)?.json().data).toEqual({ edited: true });
    receiver.handle(() => ({}));
    expect(tested).toMatchObject({ code: 1, stdout: expect.stringMatching(/^responseStatus +500$/m) });
    await inUse.api.delete(`/v1/webhooks/${id}`);
  });

  it('lists webhooks in columns and escapes control characters', async () => {
    const { api } = inUse;
    const { body } = await api.post('/v1/webhooks', {
      url: receiver.url,
      eventTypes: ['x.y'],
      description: 'a\u001b[31mred\u202e',
    });
    const listed = await inUse.run(['webhooks', 'list', '--search', 'red']);
    expect(listed.stdout.split('\n')[0]).toMatch(/^ID +STATUS +HEALTH +LAST +URL +EVENTS$/);
    expect(listed.stdout.split('\n')[1]?.split(/ +/)).toEqual([
      body.id,
      'pending_validation',
      '–',
      '–',
      receiver.url,
      'x.y',
    ]);
    const shown = await inUse.run(['webhooks', 'get', body.id]);
    expect(shown.stdout).toContain('a\\u001b[31mred\\u202e');
    await api.delete(`/v1/webhooks/${body.id}`);
  });
});

describe('publish, events and deliveries', () => {
  it('accepts data inline, from a file and from stdin, and an idempotency key', async () => {
    writeFileSync(path.join(inUse.folder, 'data.json'), '{"from":"file"}');
    const published = [
      await inUse.run(['publish', 'a.one', '--data', '{"from":"text"}', '--key', 'k-1', '--json']),
      await inUse.run(['publish', 'a.one', '--data', '{"from":"text"}', '--key', 'k-1', '--json']),
      await inUse.run(['publish', 'a.one', '--data', '@data.json', '--json']),
      await inUse.call(['publish', 'a.one', '--data', '-', '--json'], { input: '{"from":"stdin"}' }),
    ].map((result) => result.json());
    expect(published[0]).toMatchObject({ duplicate: false });
    expect(published[1]).toEqual({ ...published[0], duplicate: true });
    const events = await Promise.all(
      published.slice(1).map(async ({ id }) => (await inUse.run(['events', 'get', id, '--json'])).json()),
    );
    expect(events.map(({ data }) => data.from)).toEqual(['text', 'file', 'stdin']);
    const listed = await inUse.run([
      'events',
      'list',
      '--type',
      'a.one',
      '--from',
      '1h',
      '--limit',
      '2',
      '--json',
    ]);
    expect(listed.json().map(({ id }: { id: string }) => id)).toEqual([published[3].id, published[2].id]);
  });

  it('keeps the text of the data', async () => {
    writeFileSync(path.join(inUse.folder, 'odd.json'), '{"n": [9007199254740993,1e400],\n"n":1.10}\n');
    const { id } = (await inUse.run(['publish', 'a.odd', '--data', '@odd.json', '--json'])).json();
    const json =
      '  "data": {\n    "n": [\n      9007199254740993,\n      1e400\n    ],\n    "n": 1.10\n  }\n}\n';
    expect((await inUse.run(['events', 'get', id, '--json'])).stdout).toMatch(/^\{\n {2}"id": "evt_/);
    expect((await inUse.run(['events', 'get', id, '--json'])).stdout).toContain(json);
    expect((await inUse.run(['events', 'get', id])).stdout).toContain('\n    9007199254740993,\n    1e400\n');
  });

  it('watches an event until its deliveries are settled', async () => {
    const { id } = await createActiveWebhook(inUse.api, receiver, {
      eventTypes: ['watch.*'],
      retrySchedule: [],
    });
    const delivered = await inUse.run(['publish', 'watch.it', '--watch', '--json']);
    expect(delivered.code).toBe(0);
    expect(delivered.lines()[0]).toMatchObject({ deliveries: 1 });
    expect(delivered.lines().at(-1)).toMatchObject({ webhookId: id, status: 'succeeded', attemptCount: 1 });

    receiver.handle(() => ({ status: 500 }));
    const failed = await inUse.run(['publish', 'watch.it', '--watch']);
    receiver.handle(() => ({}));
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(
      / {2}failed {3} {2}watch\.it {2}dlv_\w+ → wh_\w+ {2}1 attempt, exhausted\n$/,
    );

    const deliveries = await inUse.run([
      'deliveries',
      'list',
      '--webhook',
      id,
      '--status',
      'failed',
      '--json',
    ]);
    const [delivery] = deliveries.json();
    const shown = await inUse.run(['deliveries', 'get', delivery.id, '--json']);
    const responseHeaders = { connection: expect.any(String) };
    expect(shown.json()).toMatchObject({
      status: 'failed',
      attempts: [{ number: 1, trigger: 'schedule', responseStatus: 500, responseHeaders }],
    });
    expect((await inUse.run(['deliveries', 'get', delivery.id])).stdout).toMatch(
      /^1 +\S+ +schedule +\d+ +500 .*connection: /m,
    );
    expect((await inUse.run(['deliveries', 'retry', delivery.id, '--json'])).json()).toMatchObject({
      id: delivery.id,
    });
    await eventually(async () => {
      const { body } = await inUse.api.get(`/v1/deliveries/${delivery.id}`);
      expect(body).toMatchObject({ status: 'succeeded', attemptCount: 2 });
    });
    const explained = await inUse.run(['events', 'explain', delivery.eventId]);
    expect(explained.stdout).toMatch(new RegExp(`^${id} +delivered `, 'm'));
    await inUse.api.delete(`/v1/webhooks/${id}`);
  });

  it('suggests `events explain` if no webhook matches', async () => {
    const { stdout, stderr } = await inUse.call(['publish', 'no.body']);
    expect(stdout).toMatch(/^Published evt_\w+ to 0 webhooks\n$/);
    expect(stderr).toMatch(/^To see why: posthorn events explain evt_\w+\n$/);
  });
});

describe('health', () => {
  it('is listed, filtered, and summarized with what needs attention', async () => {
    const broken = await startReceiver();
    const { id } = await createActiveWebhook(inUse.api, broken, { eventTypes: ['broken.type'] });
    broken.handle(() => ({ status: 502 }));
    await inUse.api.post('/v1/events', { type: 'broken.type', data: {} });
    await eventually(async () => {
      const attention = await inUse.run(['attention', '--json']);
      expect(attention.json().failing.webhooks).toMatchObject([{ webhookId: id }]);
    });
    expect((await inUse.run(['attention'])).stdout).toMatch(new RegExp(`^Failing: 1\n.*\n${id} `));
    const listed = await inUse.run(words('webhooks list --tenant * --health failing --sort health'));
    expect(listed.stdout.split('\n')[1]).toMatch(new RegExp(`^ten_\\w+ +${id} +active +failing +502 `));
    await inUse.api.delete(`/v1/webhooks/${id}`);
    await broken.close();
  });
});

describe('search', () => {
  it('finds an event by a value of its payload, or says what is searched', async () => {
    await inUse.api.post('/v1/event-types', { name: 'order.found', searchKeys: ['/order/id'] });
    const { body } = await inUse.api.post('/v1/events', {
      type: 'order.found',
      data: { order: { id: 'A-1' } },
    });
    const found = await inUse.run(['search', 'A-1']);
    expect(found.stdout.split('\n')[1]).toMatch(
      new RegExp(`^event +${body.id} +ten_\\w+ +order.found +/order/id `),
    );
    expect((await inUse.run(['search', 'A-1', '--json'])).json().data).toMatchObject([{ id: body.id }]);
    expect((await inUse.run(['search', 'A-2'])).stdout).toBe(
      'No results\nPayloads are searched at /order/id. Events accepted before a key was declared are not found by it.\n',
    );
  });
});

describe('notifications', () => {
  it('says that no emails are sent, and manages webhooks of the operator', async () => {
    const { stdout } = await inUse.run(words('notifications status'));
    expect(stdout).toBe('No emails are sent: POSTHORN_SMTP_URL is not set\n');
    const create = 'webhooks create https://alerts.example/ --events posthorn.* --tenant system --json';
    const { id } = (await inUse.run(words(create))).json();
    expect((await inUse.run(words('webhooks list --tenant system --json'))).json()).toMatchObject([{ id }]);
  });
});

describe('publish', () => {
  it('sends the ordering key of an event', async () => {
    const { id } = (await inUse.run(words('publish keyed.type --ordering-key o-1 --json'))).json();
    expect((await inUse.run(words(`publish keyed.type --ordering-key ${'x'.repeat(257)}`))).stderr).toContain(
      'orderingKey',
    );
    expect(id).toMatch(/^evt_/);
  });
});

describe('the catalog', () => {
  it('is listed, changed and deleted', async () => {
    const schema = '{"required":["id"]}';
    const created = await inUse.run(
      words(
        `event-types create cli.type --group Billing --schema ${schema} --search-keys /id,/order/id --ordering-pointer /order/id --payload-days 7 --history-days 20 --json`,
      ),
    );
    expect(created.json()).toMatchObject({
      group: 'Billing',
      searchKeys: ['/id', '/order/id'],
      orderingPointer: '/order/id',
      retention: { payloadDays: 7, historyDays: 20 },
    });
    const updated = await inUse.run(words('event-types update cli.type --schema default --json'));
    expect(updated.json()).toMatchObject({ group: 'Billing', schema: null, retention: { payloadDays: 7 } });
    const reset = await inUse.run(words('event-types update cli.type --payload-days default --json'));
    expect(reset.json()).toMatchObject({ retention: { payloadDays: null, historyDays: 20 } });
    const both = await inUse.run(words('event-types update cli.type --history-days default --json'));
    expect(both.json()).toMatchObject({ retention: { payloadDays: null, historyDays: null } });
    const listed = await inUse.run(['event-types', 'list']);
    expect(listed.stdout).toMatch(/^NAME +GROUP +SCHEMA +SEARCH KEYS +DESCRIPTION$/m);
    expect(listed.stdout).toMatch(/^cli\.type +Billing +no +\/id, \/order\/id +–$/m);
    expect((await inUse.run(['event-types', 'delete', 'cli.type'])).code).toBe(2);
    expect((await inUse.run(words('event-types delete cli.type --yes'))).stdout).toBe('Deleted cli.type\n');
    expect(await inUse.run(['event-types', 'get', 'cli.type'])).toMatchObject({ code: 1 });
  });
});

describe('what happened', () => {
  it('is shown by stats, the audit log, the rejected events and the usage', async () => {
    const { id } = await createActiveWebhook(inUse.api, receiver, { eventTypes: ['stats.type'] });
    await inUse.run(words('publish stats.type --watch'));
    await eventually(async () => {
      const { stdout } = await inUse.run(['stats', '--webhook', id]);
      expect(stdout).toMatch(/^attempts +1, 0 failed$/m);
      expect(stdout).toMatch(new RegExp(`^${id} +1 +0 +100.00 % +\\d+ +\\d+$`, 'm'));
    });
    await inUse.run(['webhooks', 'suspend', id]);
    const audit = await inUse.run(['audit', '--target', id, '--from', '1h']);
    expect(audit.stdout.split('\n')[0]).toMatch(/^CREATED +ACTOR +ACTION +TARGET +NAME +CHANGED$/);
    expect(audit.stdout.split('\n')[1]).toMatch(
      new RegExp(`^\\S+Z +\\S+ +webhook\\.suspended +${id} +${receiver.url} `),
    );
    expect((await inUse.run(['rejected'])).stdout).toBe('No rejected events\n');
    const usage = await inUse.run(words('usage --group-by day --tenant default'));
    expect(usage.stdout.split('\n')[0]).toMatch(/^DAY +EVENTS +DELIVERIES +ATTEMPTS +BYTES$/);
    expect(usage.stdout.split('\n')[1]).toMatch(/^\d{4}-\d\d-\d\d +[1-9]\d* +[1-9]\d* +[1-9]\d* +[1-9]\d*$/);
    expect((await inUse.run(words('usage --from 2026-02-30 --json'))).code).toBe(1);
    await inUse.api.delete(`/v1/webhooks/${id}`);
  });
});

describe('the audit log', () => {
  it('is exported, continued and verified; a change is shown with the exit code 1', async () => {
    await eventually(async () => {
      expect((await inUse.run(words('audit verify --json'))).json()).toMatchObject({
        unchained: 0,
        firstBreak: null,
      });
    });
    const intact = await inUse.run(words('audit verify'));
    expect(intact).toMatchObject({ code: 0 });
    expect(intact.stdout).toMatch(
      /^Verified entries 1 to \d+: the audit log is intact\.\nLast entry: (\d+:[0-9a-f]{64})\n/,
    );
    const [, known = ''] = /Last entry: (\S+)/.exec(intact.stdout) ?? [];
    const continued = await inUse.run(['audit', 'verify', '--from', known]);
    expect(continued).toMatchObject({ code: 0, stdout: expect.stringContaining('has the known hash') });
    const other = await inUse.run([
      'audit',
      'verify',
      '--from',
      known.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
    ]);
    expect(other).toMatchObject({ code: 1, stdout: expect.stringContaining('has another hash than') });

    const file = path.join(mkdtempSync(path.join(tmpdir(), 'posthorn-audit-')), 'audit.ndjson');
    const first = (await inUse.run(['audit', 'export', '-o', file, '--json'])).json();
    expect(first.records).toBeGreaterThan(0);
    expect((await inUse.run(['audit', 'export', '-o', file])).code).not.toBe(0);
    await eventually(async () => {
      await inUse.run(['audit', 'export', '-o', file, '--resume']);
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      const numbers = lines.map((line) => JSON.parse(line).data.number);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      expect(numbers.length).toBeGreaterThan(first.records);
    });

    const { pool, stop } = connect({
      url: inUse.stack.databaseUrl,
      applicationName: 'test',
      max: 1,
      statementTimeoutMs: 5000,
    });
    try {
      await pool.query(`UPDATE audit_entry SET action = 'tenant.deleted' WHERE number = 1`);
      const broken = await inUse.run(words('audit verify'));
      expect(broken.code).toBe(1);
      expect(broken.stdout).toMatch(/^Entry 1 \(aud_\w+\) was changed\. Those before it are intact\.\n$/);
    } finally {
      await stop();
    }
  });
});

describe('import', () => {
  let svix: SourceServer;
  beforeAll(async () => {
    svix = await startSourceServer(svixDocuments(receiver.url), 'a-token');
  });
  afterAll(() => svix.close());

  it('moves webhooks from Svix, whose receivers notice nothing', async () => {
    const run = (...flags: string[]) =>
      inUse.run(['import', 'svix', '--server-url', svix.url, '--token', 'a-token', ...flags]);

    const planned = await run('--dry-run');
    expect(planned.stdout).toMatch(
      /^webhook +customer-1 +\S+ +create +the value of the header authorization is secret/m,
    );
    expect(planned.stdout).toMatch(/^webhook +customer-1 +\S+ +skip +not imported: channels \(project_1\)/m);
    expect(planned.stdout).toContain('5 to create, 1 not to be imported');
    expect((await inUse.run(words('tenants get ext:customer-1'))).code).toBe(1);

    const imported = await run();
    expect(imported).toMatchObject({ code: 0, stdout: expect.stringContaining('5 created, 1 not imported') });
    expect(imported.stdout).toContain('the name is in use: Customer (');
    const orders = words('webhooks get ext:orders --tenant ext:customer-1 --json');
    expect((await inUse.run(orders)).json()).toMatchObject({
      status: 'pending_validation',
      description: 'Orders',
    });

    // Again, now with an attestation: only the enabled webhook is activated.
    const attested = await run('--yes', '--attest', 'receives from Svix');
    expect(attested.stdout).toContain('1 updated, 4 existed, 1 not imported');
    expect((await inUse.run(orders)).json()).toMatchObject({
      status: 'active',
      attestation: { reason: 'receives from Svix' },
    });
    const disabled = words('webhooks get ext:ep_2 --tenant ext:customer-1 --json');
    expect((await inUse.run(disabled)).json()).toMatchObject({ status: 'pending_validation' });

    const before = receiver.requests.length;
    await inUse.run(words('publish invoice.paid --data {"id":"in_1"} --tenant ext:customer-1 --watch'));
    const [request] = receiver.requests.slice(before);
    const payload = new SvixWebhook(SVIX_SECRET).verify(request?.body ?? '', request?.headers ?? {});
    expect(payload).toEqual({ id: 'in_1' });
    expect(request?.headers['x-one']).toBe('1');
  });

  it.each([
    ['the webhooks of one tenant', '/api/v1/app/app_1/endpoint?limit=250', /^tenant .* failed +http.* 404/m],
    ['a page of tenants', '/api/v1/app?limit=250&iterator=iterator_1', /^webhook +customer-1 .* skip /m],
  ])('ends with a report if the other product fails for %s', async (_, missing, row) => {
    const { [missing]: _removed, ...documents } = svixDocuments(receiver.url);
    const failing = await startSourceServer(documents, 'a-token');
    try {
      const flags = ['--server-url', failing.url, '--token', 'a-token', '--dry-run'];
      const imported = await inUse.run(['import', 'svix', ...flags]);
      expect(imported).toMatchObject({ code: 1, stdout: expect.stringMatching(row) });
      expect(imported.stdout + imported.stderr).toMatch(/\/api\/v1\/app\S*: 404/);
    } finally {
      await failing.close();
    }
  });

  it('reports what fails, and imports the rest', async () => {
    const settings = {
      eventTypes: ['a.b'],
      retrySchedule: [5],
      maxInFlight: 7,
      autoSuspendAfterDays: 0,
      ordering: 'byKey',
      onExhausted: 'block',
      maxBlockedMinutes: 60,
      sequence: true,
      shadow: true,
    };
    const lines = [
      { kind: 'webhook', externalId: 'good', url: receiver.url, ...settings },
      { kind: 'webhook', externalId: 'bad', url: 'ftp://a.example/', eventTypes: ['!'] },
    ];
    writeFileSync(
      path.join(inUse.folder, 'import.ndjson'),
      lines.map((line) => JSON.stringify(line)).join('\n'),
    );
    const imported = await inUse.call(words('import ndjson import.ndjson'));
    expect(imported).toMatchObject({ code: 1, stdout: expect.stringMatching(/failed +.*eventTypes\[0\]/) });
    expect((await inUse.run(words('webhooks get ext:good --json'))).json()).toMatchObject(settings);
    expect((await inUse.run(words('import outpost'))).stderr).toContain('Pass the API token with --token');
  });
});

const invoice = (n: number) => JSON.stringify({ id: `in_${n}` });

describe('a cut-over', () => {
  const SECRET = 'the secret of the old system';
  const FORMAT = { body: 'data', signatures: ['github'] };
  /** A request of the old system. */
  const sentByOld = (n: number, text = invoice(n)) => ({
    tenant: 'ext:moving',
    webhook: 'ext:hook',
    event: `old-${n}`,
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'Old/1',
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', SECRET).update(text).digest('hex')}`,
    },
    body: text,
  });

  it('sends nothing from the shadow, compares its requests, and sends every event after the cut-over once', async () => {
    const { call: run, folder } = inUse;
    const write = (name: string, lines: object[]) =>
      writeFileSync(path.join(folder, name), lines.map((line) => JSON.stringify(line)).join('\n'));
    write('moving.ndjson', [
      { kind: 'tenant', externalId: 'moving', name: 'Moving' },
      {
        kind: 'webhook',
        tenant: 'moving',
        externalId: 'hook',
        url: receiver.url,
        eventTypes: ['*'],
        secret: SECRET,
        secretEncoding: 'text',
        deliveryFormat: FORMAT,
      },
      {
        kind: 'webhook',
        tenant: 'moving',
        externalId: 'narrow',
        url: receiver.url,
        eventTypes: ['*'],
        filter: { properties: { id: { const: 'in_9' } } },
      },
    ]);
    const before = receiver.requests.length;
    const imported = await run([
      ...words('import ndjson moving.ndjson --shadow --attest'),
      'receives already',
    ]);
    expect(imported).toMatchObject({ code: 0 });
    for (const n of [1, 2, 3])
      await run([
        ...words(`publish invoice.paid --data ${invoice(n)} --tenant ext:moving --key old-${n} --watch`),
      ]);
    const { data } = (await inUse.api.get('/v1/deliveries?tenantId=ext:moving')).body;
    expect(data).toMatchObject([
      { status: 'dropped', reason: 'shadow', attemptCount: 0 },
      { status: 'dropped', reason: 'shadow', attemptCount: 0 },
      { status: 'dropped', reason: 'shadow', attemptCount: 0 },
    ]);

    write('sent.ndjson', [sentByOld(1), sentByOld(2), sentByOld(3)]);
    expect(await run(words('compare sent.ndjson --ignore-header User-Agent'))).toMatchObject({
      code: 0,
      stdout:
        'No differences\n\n3 requests: 3 equal, 0 different, 0 failed; 0 deliveries without a request\n',
    });
    write('sent.ndjson', [sentByOld(1), sentByOld(3), { ...sentByOld(3), webhook: 'ext:narrow' }]);
    const unequal = await run(words('compare sent.ndjson --ignore-header User-Agent'));
    expect(unequal).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('2 equal, 1 different, 0 failed; 1 deliveries without a request'),
    });
    expect(unequal.stdout).toMatch(/^3 +old-3 +different +sent → not sent: filtered_out \(.*in_9.*\)/m);
    expect(unequal.stdout).toMatch(
      /^– +evt_\w+ +unrecorded +not sent → dlv_\w+ of invoice\.paid to wh_\w+$/m,
    );

    write('sent.ndjson', [sentByOld(1, '{"id": "in_1"}'), sentByOld(9)]);
    const { code, stdout } = await run(words('compare sent.ndjson'));
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^1 +old-1 +different +body at character 6 \(the same JSON\): .*; user-agent: Old\/1 →/m,
    );
    expect(stdout).toMatch(/^2 +old-9 +failed +event must be an event of the tenant/m);
    expect(stdout).toContain('2 requests: 0 equal, 1 different, 1 failed; 0 deliveries');

    const ended = await run(words('webhooks update ext:hook --tenant ext:moving --shadow false --json'));
    expect(ended.json()).toMatchObject({ status: 'active', shadow: false });
    await run(words(`publish invoice.paid --data ${invoice(4)} --tenant ext:moving --watch`));
    expect(receiver.requests.slice(before)).toMatchObject([{ body: invoice(4) }]);
  });

  it('sends the same headers as Outpost, with its id and the metadata of the event', async () => {
    const { call: run, api, folder } = inUse;
    const secret = 'the secret of Outpost';
    await createActiveWebhook(api, receiver, {
      eventTypes: ['from.outpost'],
      deliveryFormat: { body: 'data', signatures: ['outpost'] },
      secret,
      secretEncoding: 'text',
    });
    const body = '{"amount":150,"status":"paid"}';
    writeFileSync(path.join(folder, 'metadata.json'), '{"source":"api"}');
    const published = await run([
      ...words(`publish from.outpost --data ${body} --key op-1-acme-0 --metadata @metadata.json --watch`),
    ]);
    expect(published).toMatchObject({ code: 0 });
    const sent = receiver.requests.at(-1);
    expect(sent).toMatchObject({
      body,
      headers: {
        'content-type': 'application/json',
        'x-outpost-event-id': 'op-1-acme-0',
        'x-outpost-signature': `v0=${createHmac('sha256', secret).update(body).digest('hex')}`,
        'x-outpost-source': 'api',
        'x-outpost-timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        'x-outpost-topic': 'from.outpost',
      },
    });
  });

  it.each([
    ['{', 'line 1: '],
    ['\n{"event":"a","headers":{},"body":1}', 'line 2: '],
    ['{"event":"a","headers":{},"body":""}', 'Line 1 names no webhook'],
  ])('refuses the recording %j', async (text, message) => {
    writeFileSync(path.join(inUse.folder, 'wrong.ndjson'), text);
    expect(await inUse.call(words('compare wrong.ndjson'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });
});

/** Replaces texts, each of which must occur. */
const edit = (text: string, ...edits: [before: string | RegExp, after: string][]) =>
  edits.reduce((edited, [before, after]) => {
    expect(edited).toMatch(before);
    return edited.replace(before, after);
  }, text);

/** Returns a file with one webhook. */
const restored = (webhook: object) =>
  JSON.stringify({ version: 1, tenants: [{ name: 'Restored', webhooks: [webhook] }] });

describe('export and apply', () => {
  it('writes the configuration, and makes the installation like an edited file', async () => {
    const { run, folder } = inUse;
    const file = path.join(folder, 'posthorn.yaml');
    await run(words('event-types create apply.type --group Billing'));
    const tenant = (
      await run(words('tenants create Applied --external-id applied --tags b,a --json'))
    ).json();
    const created = await run([
      ...words(
        `webhooks create ${receiver.url} --events a.b,apply.type --tenant ext:applied --external-id one --tags b,a`,
      ),
      ...words('--timeout-ms 2000 --json --header'),
      'x-key: hidden',
    ]);
    const listener = { id: 'l1', host: 'laptop', address: '127.0.0.1:4000' };
    const metadata = JSON.stringify({ listener });
    const url = `${receiver.url}listener`;
    await run(['webhooks', 'create', url, '--events', '*', '--metadata', metadata]);
    const exported = await inUse.call(['export']);
    expect(exported.stdout).not.toContain(url);
    expect(exported.stdout).not.toContain('hidden');
    expect(exported.stdout).not.toContain('whsec_');
    expect(exported.stdout).toContain('env: APPLIED_ONE_SECRET');
    writeFileSync(file, exported.stdout);
    expect((await run(['apply', file])).stdout).toBe('No differences\n');

    const changed = edit(
      exported.stdout,
      ['group: Billing', 'group: Invoices'],
      [/timeoutMs: 2000\n/, 'maxInFlight: 7\n        shadow: true\n'],
      ['name: Applied\n', 'name: Applied\n    quotas:\n      webhooks: 50\n'],
      [
        '      - externalId: one\n',
        `      - externalId: two\n        url: ${receiver.url}\n        eventTypes: [a.b]\n        secret: {env: SECRET_OF_TWO}\n      - externalId: one\n`,
      ],
    );
    writeFileSync(file, changed);
    const planned = await run(['apply', file, '--dry-run'], {
      env: { SECRET_OF_TWO: 'a secret of sixteen' },
    });
    expect(planned.stdout).toBe(
      [
        '~ event type apply.type',
        '    group: "Billing" → "Invoices"',
        '~ tenant Applied',
        '    quotas: null → {"webhooks":50}',
        '+ webhook two of Applied',
        '~ webhook one of Applied',
        '    timeoutMs: 2000 → null',
        '    shadow: false → true',
        '    maxInFlight: null → 7',
        '',
      ].join('\n'),
    );
    expect((await run(['apply', file, '--yes'])).stderr).toContain('SECRET_OF_TWO is not set');
    expect((await run(['apply', file])).code).toBe(2);

    const applied = await run(['apply', file, '--yes'], { env: { SECRET_OF_TWO: 'a secret of sixteen' } });
    expect(applied).toMatchObject({
      code: 0,
      stdout: 'Applied 4 changes\n',
      stderr: expect.stringContaining('done'),
    });
    const webhook = (await run(words('webhooks get ext:one --tenant ext:applied --json'))).json();
    expect(webhook).toMatchObject({
      id: created.json().id,
      timeoutMs: 10_000,
      maxInFlight: 7,
      shadow: true,
      headerNames: ['x-key'],
    });
    expect((await run(['tenants', 'get', tenant.id, '--json'])).json().quotas).toMatchObject({
      webhooks: 50,
    });
    expect((await run(['apply', file], { env: {} })).code).toBe(0);

    // Only --prune deletes.
    writeFileSync(file, exported.stdout.replace(/timeoutMs: 2000\n/, 'maxInFlight: 7\n'));
    expect((await run(['apply', file, '--dry-run'])).stdout).not.toContain('webhook two');
    expect((await run(['apply', file, '--dry-run', '--prune'])).stdout).toContain('- webhook two of Applied');
    expect((await run(['apply', file, '--prune', '--yes'])).code).toBe(0);
    expect((await run(words('webhooks get ext:two --tenant ext:applied'))).code).toBe(1);
    // A file without the setting keeps it.
    const kept = await run(words('webhooks get ext:one --tenant ext:applied --json'));
    expect(kept.json()).toMatchObject({ shadow: true });
  });

  it('creates a webhook with the secret of the exported variable, or shows the one that it generates', async () => {
    const { run, folder } = inUse;
    const file = path.join(folder, 'restored.yaml');
    const wanted = { externalId: 'a', url: receiver.url, eventTypes: ['a.b'] };
    writeFileSync(file, restored(wanted));
    expect((await run(['apply', file, '--yes'])).stderr).toContain('has no secret');
    writeFileSync(file, restored({ ...wanted, secret: { generate: true } }));
    const applied = await run(['apply', file, '--yes']);
    expect(applied).toMatchObject({ code: 0, stderr: expect.stringMatching(/shown again: whsec_/) });
    const exported = await run(['export', '--json']);
    const found = exported.json().tenants.find(({ name }: { name: string }) => name === 'Restored');
    expect(found.webhooks).toMatchObject([{ secret: { env: 'RESTORED_A_SECRET' } }]);
  });

  it.each([
    ['version: 2', 'version'],
    [
      'version: 1\ntenants:\n  - name: A\n    webhooks:\n      - url: http://a/\n        eventTypes: [a]',
      'needs an externalId',
    ],
    ['version: 1\ntenants:\n  - name: A\n  - name: A', 'has the tenant A twice'],
    ['version: 1\neventTypes: [{name: a.b, colour: red}]', 'Unrecognized key: "colour"'],
    ['{', 'cannot be parsed'],
  ])('%j is refused', async (text, message) => {
    const file = path.join(inUse.folder, 'wrong.yaml');
    writeFileSync(file, text);
    expect(await inUse.run(['apply', file])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });
});

describe('the egress of tenants and webhooks', () => {
  it('is shown and changed, with a password from a file', async () => {
    const { id } = (await inUse.run(['tenants', 'create', 'Egress', '--json'])).json();
    const { stdout } = await inUse.run(['tenants', 'egress', id]);
    expect(stdout).toContain('inherited');
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'posthorn-')), 'password');
    writeFileSync(file, 'pass-word\n');
    const set = await inUse.run([
      ...words(`tenants egress Egress --proxy http://proxy.internal:3128 --proxy-user me --json`),
      '--proxy-password',
      `@${file}`,
    ]);
    const proxy = { url: 'http://proxy.internal:3128', username: 'me', hasPassword: true, guards: false };
    expect(set.json()).toEqual({ proxy, privateNetworks: [] });
    const guarding = await inUse.run(words('tenants egress Egress --proxy-guards --json'));
    expect(guarding.json().proxy).toEqual({ ...proxy, guards: true });
    const unchanged = await inUse.run(words('tenants egress Egress --networks none --json'));
    expect(unchanged.json().proxy).toEqual({ ...proxy, guards: true });
    const inline = await inUse.run(words('tenants egress Egress --proxy-password secret'));
    expect(inline).toMatchObject({ code: 2, stderr: expect.stringContaining('@file') });
    const direct = await inUse.run(words('tenants egress Egress --proxy direct --json'));
    expect(direct.json()).toEqual({ proxy: 'direct', privateNetworks: [] });
    const webhook = (await inUse.run(words(`webhooks create ${receiver.url} --events a.b --json`))).json();
    const own = await inUse.run(words(`webhooks egress ${webhook.id} --proxy socks5://proxy.internal`));
    expect(own.stdout).toContain('socks5://proxy.internal:1080');
    const reset = await inUse.run(words(`webhooks egress ${webhook.id} --proxy none --json`));
    expect(reset.json()).toEqual({ proxy: null });
  });
});

describe('tenants', () => {
  it('are named by their name, too', async () => {
    const { id } = (await inUse.run(['tenants', 'create', 'Acme & Sons', '--json'])).json();
    const named = ['--tenant', 'Acme & Sons', '--json'];
    const created = await inUse.run(['webhooks', 'create', receiver.url, '--events', 'a.b', ...named]);
    expect(created.json()).toMatchObject({ tenantId: id });
    expect((await inUse.run(['webhooks', 'list', ...named])).json()).toMatchObject([{ tenantId: id }]);
    expect((await inUse.run(['tenants', 'get', 'Acme & Sons', '--json'])).json()).toMatchObject({ id });
    const link = await inUse.run(['portal-links', 'create', '--role', 'viewer', ...named]);
    expect(link.json()).toMatchObject({ url: expect.stringContaining('/portal?link=key_') });
    expect(await inUse.run(['events', 'list', '--tenant', 'Acme'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('No tenant has the name "Acme"'),
    });
  });

  it('have a time zone, tags and metadata, and are listed by tag and status', async () => {
    const created = await inUse.run([
      ...words('tenants create Tagged --time-zone Asia/Tokyo --tags gold,eu --json --metadata'),
      '{"plan": "gold"}',
    ]);
    const { id } = created.json();
    expect(created.json()).toMatchObject({
      timeZone: 'Asia/Tokyo',
      tags: ['eu', 'gold'],
      metadata: { plan: 'gold' },
    });
    const list = async (flags: string) => {
      const { stdout } = await inUse.run(words(`tenants list --json ${flags}`));
      return JSON.parse(stdout).map((tenant: { id: string }) => tenant.id);
    };
    expect(await list('--tag gold --tag eu')).toEqual([id]);
    expect(await list('--tag gold --tag us')).toEqual([]);
    expect(await list('--tag gold --status suspended')).toEqual([]);
    const { stdout } = await inUse.run(['tenants', 'get', id]);
    for (const text of ['Asia/Tokyo', 'eu, gold', '{"plan":"gold"}']) expect(stdout).toContain(text);
    const reset = await inUse.run(
      words(`tenants update ${id} --time-zone none --tags none --metadata none --json`),
    );
    expect(reset.json()).toMatchObject({ timeZone: null, tags: [], metadata: {} });
    const invalid = await inUse.run(words(`tenants update ${id} --time-zone Mars/Base`));
    expect(invalid).toMatchObject({ code: 1, stderr: expect.stringContaining('timeZone') });
  });

  it('list their webhooks by tag', async () => {
    const { id } = (await inUse.run(words('tenants create Labels --json'))).json();
    const create = `webhooks create ${receiver.url} --events a.b --tags billing,eu --tenant ${id} --json`;
    const webhook = (await inUse.run(words(create))).json();
    expect(webhook.tags).toEqual(['billing', 'eu']);
    const list = `webhooks list --tenant ${id} --tag billing --tag`;
    expect((await inUse.run(words(`${list} eu --json`))).json()).toMatchObject([{ id: webhook.id }]);
    expect((await inUse.run(words(`${list} us --json`))).json()).toEqual([]);
    const update = `webhooks update ${webhook.id} --tags default --json`;
    expect((await inUse.run(words(update))).json().tags).toEqual([]);
  });

  it('are erased, with their events and persons, and erasures are repeated', async () => {
    const { id } = (await inUse.run(words('tenants create Erased --json'))).json();
    const { body: event } = await inUse.api.post('/v1/events', {
      type: 'a.b',
      tenantId: id,
      data: { customer: { id: 'cus_1' } },
    });
    const ofPerson = words(`erasures create --tenant ${id} --key /customer/id --value cus_1`);
    expect((await inUse.run([...ofPerson, '--dry-run'])).stdout).toBe('Events known to be erased: 0\n');
    expect((await inUse.run(ofPerson)).code).toBe(2);
    const { id: erasureId } = (await inUse.run([...ofPerson, '--yes', '--json'])).json();
    await eventually(async () => {
      const { stdout } = await inUse.run(['erasures', 'show', erasureId]);
      expect(stdout).toMatch(/^status +completed$/m);
      expect(stdout).toMatch(/^events +1$/m);
    });
    expect((await inUse.api.get(`/v1/events/${event.id}`)).body).toMatchObject({ erased: true, data: null });
    const { stdout: receipts } = await inUse.run(words('erasures receipts'));
    const file = path.join(inUse.folder, 'receipts.txt');
    writeFileSync(file, receipts);
    expect((await inUse.run(['erasures', 'replay', file, '--yes'])).stdout).toMatch(/^Erasures: 1, without/);
    expect((await inUse.run(words(`erasures list --tenant ${id}`))).stdout.split('\n')).toHaveLength(4);
    const ofTenant = await inUse.run(words(`erasures create --tenant ${id} --yes --json`));
    expect(ofTenant.json()).toMatchObject({ kind: 'tenant', tenantId: id });
  });

  it('are suspended, reactivated, deleted and restored', async () => {
    const { id } = (await inUse.run(words('tenants create Unpaid --json'))).json();
    const suspended = await inUse.run(words('tenants suspend Unpaid --reason unpaid --json'));
    expect(suspended.json()).toMatchObject({ id, status: 'suspended', droppedDeliveries: 0 });
    const { stdout } = await inUse.run(['tenants', 'get', id]);
    for (const text of ['suspended', 'unpaid']) expect(stdout).toContain(text);
    expect((await inUse.run(words(`tenants reactivate ${id} --json`))).json()).toMatchObject({
      status: 'active',
    });
    expect(await inUse.run(words(`tenants delete ${id}`))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Pass --yes to confirm'),
    });
    const deleted = await inUse.run(words(`tenants delete ${id} --yes --json`));
    expect(deleted.json()).toEqual({ id, deleted: true, purgeAt: expect.any(String) });
    expect((await inUse.run(['tenants', 'list'])).stdout).not.toContain(id);
    expect((await inUse.run(words(`tenants restore ${id} --json`))).json()).toMatchObject({
      status: 'active',
    });
    expect((await inUse.run(words('tenants suspend default'))).code).toBe(1);
  });

  it('shows what a tenant uses of its quotas, and changes them', async () => {
    const created = await inUse.run(words('tenants create Acme --contact-email ops@acme.example --json'));
    const { id, key } = created.json();
    expect(key).toMatch(/^phk_/);
    const updated = await inUse.run(
      words(`tenants update ${id} --webhooks 7 --events-per-second 50 --contact-email none --json`),
    );
    expect(updated.json()).toMatchObject({
      contactEmail: null,
      quotas: { webhooks: 7, eventsPerSecond: 50, apiKeys: null },
    });
    const { stdout } = await inUse.run(['tenants', 'get', id]);
    for (const text of ['0 of 7', '1 of 200', 'Acme']) expect(stdout).toContain(text);
    const reset = await inUse.run(words(`tenants update ${id} --webhooks default --json`));
    expect(reset.json()).toMatchObject({ quotas: { webhooks: null, eventsPerSecond: 50 } });
    expect((await inUse.run(['tenants', 'list'])).stdout).toContain(id);
    const csv = (await inUse.run(['tenants', 'list', '--format', 'csv'])).stdout.split('\r\n');
    expect(csv[0]).toMatch(/^id,name,/);
    expect(csv.find((line) => line.startsWith(`${id},`))).toBeDefined();
    const lines = (await inUse.run(['tenants', 'list', '--format', 'ndjson'])).stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).id)).toContain(id);
  });
});

it.each(['webhooks', 'events', 'deliveries', 'recoveries', 'replays', 'event-types', 'tenants', 'keys'])(
  'prints %s as CSV',
  async (name) => {
    const listed = await inUse.run([name, 'list', '--format', 'csv']);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout.endsWith('\r\n')).toBe(true);
  },
);

it.each(['audit', 'rejected', 'usage'])('prints %s as CSV', async (name) => {
  expect(await inUse.run([name, '--format', 'csv'])).toMatchObject({ code: 0, stderr: '' });
});

describe('keys', () => {
  it('creates keys with a role, for some tenants', async () => {
    const created = (
      await inUse.run(words('keys create support --role operator --tenants default --json'))
    ).json();
    expect(created).toMatchObject({
      role: 'operator',
      tenantId: null,
      tenantIds: [expect.stringMatching(/^ten_/)],
    });
    expect(created.scopes).toContain('webhooks:operate');
    const forbidden = await inUse.run(words(`tenants list --api-key ${created.key}`));
    expect(forbidden.stderr).toContain('Requires an API key for all tenants');
    const both = await inUse.run(words('keys create both --role viewer --scopes events:read'));
    expect(both.stderr).toContain('must not be given together with scopes');
  });

  it('creates, rotates and revokes keys', async () => {
    const created = await inUse.run(
      words('keys create billing --scopes events:write,events:read --expires 30d --json'),
    );
    const { id, key, expiresAt } = created.json();
    expect(created.json()).toMatchObject({ name: 'billing', scopes: ['events:read', 'events:write'] });
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(29 * 86_400_000);
    const withKey = ['--api-key', key];
    expect((await inUse.run(['publish', 'a.b', ...withKey])).code).toBe(0);
    expect((await inUse.run(['webhooks', 'list', ...withKey])).stderr).toContain(
      'Requires the scope webhooks:read',
    );

    const rotated = await inUse.run(['keys', 'rotate', id, '--overlap-hours', '0', '--json']);
    expect(rotated.json().expiresAt).toBe(expiresAt);
    expect((await inUse.run(['publish', 'a.b', ...withKey])).code).toBe(1);
    expect((await inUse.run(['publish', 'a.b', '--api-key', rotated.json().key])).code).toBe(0);
    const sooner = await inUse.run(words(`keys rotate ${rotated.json().id} --expires 7d --json`));
    expect(Date.parse(sooner.json().expiresAt)).toBeLessThan(Date.now() + 8 * 86_400_000);
    expect((await inUse.run(['keys', 'revoke', rotated.json().id])).code).toBe(2);
    expect((await inUse.run(['keys', 'revoke', rotated.json().id, '--yes'])).code).toBe(0);
    const time = String.raw`\d{4}-\S+Z`;
    await eventually(async () => {
      const listed = await inUse.run(['keys', 'list']);
      expect(listed.stdout).toMatch(/^ID .* LAST USED +EXPIRES$/m);
      expect(listed.stdout).toMatch(
        new RegExp(`^${rotated.json().id} +billing +phk_\\S+ +all .* ${time} +revoked ${time}$`, 'm'),
      );
    });
  });
});
