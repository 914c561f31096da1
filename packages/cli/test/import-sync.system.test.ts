// Imports from servers that answer what real ones answered, before and after the changes of their webhooks.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { words } from './fixtures/command-line.js';
import { PREVIOUS_SECRET_END, type ReplayServer, startReplayServer } from './fixtures/replay-server.js';
import { useStack } from './fixtures/use-stack.js';

const inUse = useStack();

interface Row {
  kind: string;
  name: string;
  action: string;
  notes: string[];
}

/** Runs an import and returns its exit code, its rows by the path of the URL, and the counts of actions of webhooks. */
async function run(args: string[]) {
  const { code, stdout, stderr } = await inUse.run([...args, '--json']);
  const rows: Row[] = stdout === '' ? [] : JSON.parse(stdout);
  const webhooks = rows.filter(({ kind }) => kind === 'webhook');
  const counts: Record<string, number> = {};
  for (const { action } of webhooks) counts[action] = (counts[action] ?? 0) + 1;
  const row = (end: string) => webhooks.find(({ name }) => name.endsWith(end));
  return { code, stderr, rows, counts, row };
}

const webhook = async (externalId: string, tenant: string) =>
  (await inUse.api.get(`/v1/webhooks/ext:${externalId}?tenantId=ext:${tenant}`)).body;

const secretsOf = async (externalId: string, tenant: string) =>
  (await inUse.api.get(`/v1/webhooks/ext:${externalId}/secrets?tenantId=ext:${tenant}`)).body.data;

/** The newest entry of the audit log. */
const lastChange = async () =>
  (await inUse.api.get('/v1/audit-entries?tenantId=*&limit=1')).body.data[0].id as string;

const isChange = ({ action }: Row) => ['create', 'update', 'suspend', 'delete'].includes(action);

describe('Outpost', () => {
  let server: ReplayServer;
  const command = (flags = '') => [
    ...words(`import outpost --server-url ${server.url} --token t --tenant acme ${flags}`.trim()),
  ];
  const follow = (flags = '') =>
    run([...command(`--sync --suspend --delete --yes ${flags}`.trim()), '--attest', 'receives already']);
  beforeAll(async () => {
    server = await startReplayServer('outpost');
  });
  afterAll(() => server.close());

  it('without a list of tenants asks for their names', async () => {
    const args = words(`import outpost --server-url ${server.url} --token t --dry-run`);
    expect(await run(args)).toMatchObject({ code: 2, stderr: expect.stringContaining('--tenant ID,ID') });
  });

  it('has a dry run that fails for what the import refuses', async () => {
    const planned = await run(command('--dry-run'));
    expect(planned.stderr).toContain('--webhook-mode standard');
    const imported = await follow();
    expect(imported.counts).toEqual(planned.counts);
    expect(imported.row('/op/short')).toMatchObject({
      action: 'failed',
      notes: [
        expect.stringContaining('secrets[0].secret'),
        expect.stringContaining('rotate it in the source'),
      ],
    });
    expect(imported.row('/op/short')?.notes[0]?.match(/secrets\[0\]\.secret/g)).toHaveLength(1);
    expect(planned.row('/op/short')).toEqual(imported.row('/op/short'));
    expect(imported.row('/op/meta')?.notes).toEqual([
      'not imported: a filter of metadata has no counterpart',
    ]);
    expect(imported.row('/op/neq')?.notes).toEqual(['not imported: its filter has no exact counterpart']);
    expect(imported.row('/op/dm')?.notes).toEqual(['attested']);
    expect(await webhook('des_dm', 'acme')).toMatchObject({ headerNames: ['x-outpost-app-id'] });
    expect(await webhook('des_all', 'acme')).toMatchObject({ status: 'active' });
    expect(await webhook('des_disabled', 'acme')).toMatchObject({ status: 'pending_validation' });
  });

  it('is followed, and then nothing changes', async () => {
    server.phase = 'second';
    const planned = await follow('--dry-run');
    const synced = await follow();
    expect(synced.rows.filter(isChange)).toEqual([
      expect.objectContaining({ name: expect.stringMatching('/op/all$'), notes: ['changed: secret'] }),
      expect.objectContaining({ name: expect.stringMatching('/op/eq$'), action: 'update' }),
      expect.objectContaining({ name: expect.stringMatching('/op/moved$'), action: 'update' }),
      expect.objectContaining({ name: expect.stringMatching('/op/in$'), tenant: 'acme', action: 'suspend' }),
    ]);
    expect(planned.rows).toEqual(synced.rows);
    expect(await webhook('des_eq', 'acme')).toMatchObject({ status: 'suspended' });
    expect(await webhook('des_in', 'acme')).toMatchObject({ status: 'suspended' });
    expect((await webhook('des_starts', 'acme')).url).toMatch('/op/moved');
    expect(await secretsOf('des_all', 'acme')).toMatchObject([
      { endsAt: null },
      { endsAt: PREVIOUS_SECRET_END },
    ]);
    const last = await lastChange();
    const again = await follow('--dry-run');
    expect(again.rows.filter(isChange)).toMatchObject([{ tenant: 'acme', action: 'delete' }]);
    const suspending = await run([...command('--sync --suspend --yes'), '--attest', 'receives already']);
    expect(suspending.rows.filter(isChange)).toEqual([]);
    expect(await lastChange()).toBe(last);
  });

  it('names what it refused before its shadows end, and asks', async () => {
    const asked = await inUse.run(words('tenants end-shadows ext:acme'));
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining('Pass --accept-refused') });
    expect(asked.stderr).toContain('/op/topicf');
    expect(asked.stderr).toContain('a filter of topic has no counterpart');
    expect(asked.stderr).toContain('/op/short');
    // Disabled in the source: it gets nothing there, either.
    expect(asked.stderr).not.toContain('/op/disabled');
    const ended = await inUse.run(words('tenants end-shadows ext:acme --accept-refused'));
    expect(ended).toMatchObject({ code: 0, stdout: 'Ended 0 shadows\n' });
  });
});

describe('Svix', () => {
  let server: ReplayServer;
  const command = (flags = '') => words(`import svix --server-url ${server.url} --token t ${flags}`.trim());
  const follow = (flags = '') =>
    run([...command(`--sync --suspend --delete --yes ${flags}`.trim()), '--attest', 'receives already']);
  beforeAll(async () => {
    server = await startReplayServer('svix');
  });
  afterAll(() => server.close());

  it('asks before it activates webhooks beside a running server', async () => {
    const attesting = [...command('--attest'), 'receives already'];
    expect(await run(attesting)).toMatchObject({ code: 2, stderr: expect.stringContaining('Pass --yes') });
    expect(await run([...attesting, '--dry-run'])).toMatchObject({ code: 0 });
    const following = [...attesting, '--sync'];
    expect(await run(following)).toMatchObject({ code: 2, stderr: expect.stringContaining('Pass --yes') });
  });

  it('does not sign with the public key of an Ed25519 endpoint', async () => {
    const imported = await follow();
    expect(imported.row('/sv/ed')).toMatchObject({
      action: 'skip',
      notes: [expect.stringContaining('it signs with Ed25519')],
    });
    expect((await webhook('ep_3Mm9MHLss4cKX0sY3rhC7N8yUT7', 'acme')).code).toBe('not_found');
    expect(imported.counts).toEqual({ create: 10, skip: 2 });
    expect(imported.rows.find(({ name }) => name === 'invoice.paid')?.notes).toContain(
      'its schema is enforced: events that break it are rejected, which Svix does not do',
    );
  });

  it('is followed with the corrections made by hand, and then nothing changes', async () => {
    const rated = '/v1/webhooks/ext:ep_3Mm9MH8wwf3QT4g8TtD2wYhi7Fz?tenantId=ext:acme';
    await inUse.api.patch(rated, { timeoutMs: 3000, description: 'Ours' });
    server.phase = 'second';
    const careful = await run(command('--sync'));
    expect(careful.row('/sv/types')?.notes).toContain(
      'disabled in the source, active here (--sync --suspend follows it)',
    );
    expect(careful.row('/sv/own')).toMatchObject({
      action: 'exists',
      notes: ['not in the source any more (--suspend suspends it)'],
    });
    const synced = await follow();
    expect(synced.row('/sv/types')).toMatchObject({ action: 'update', notes: ['changed: enabled'] });
    expect(synced.row('/sv/own')).toMatchObject({ tenant: 'acme', action: 'suspend' });
    expect(await webhook('ep_3Mm9MH5aJ0SCEDkjCFm3a9ZyKfO', 'acme')).toMatchObject({ status: 'suspended' });
    expect(await webhook('my-ep', 'acme')).toMatchObject({ status: 'suspended' });
    expect((await follow()).row('/sv/own')).toMatchObject({ tenant: 'acme', action: 'delete' });
    expect((await webhook('my-ep', 'acme')).code).toBe('not_found');
    expect(await webhook('ep_3Mm9MH8wwf3QT4g8TtD2wYhi7Fz', 'acme')).toMatchObject({
      url: expect.stringMatching('/sv/moved$'),
      pendingUrl: null,
      timeoutMs: 3000,
      description: 'Ours',
    });
    expect(await secretsOf('ep_3Mm9MGzwHIMtPlxNoxQ17682DA2', 'acme')).toHaveLength(2);
    const last = await lastChange();
    const repeated = await follow();
    expect(repeated.code).toBe(0);
    expect(repeated.rows.filter(isChange)).toEqual([]);
    expect(await lastChange()).toBe(last);
  });
});

/** Writes lines to a file and returns its path. */
const write = (lines: object[]) => {
  const file = path.join(inUse.folder, 'own.ndjson');
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  return file;
};

describe('a file', () => {
  it('as in the documentation is imported', async () => {
    const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/import.md'), 'utf8');
    const example = page.split('```json\n')[1]?.split('```')[0] ?? '';
    const file = path.join(inUse.folder, 'documented.ndjson');
    writeFileSync(file, example);
    const imported = await run(['import', 'ndjson', file]);
    expect(imported).toMatchObject({ code: 0, counts: { create: 1 } });
    expect(imported.rows.map(({ kind }) => kind)).toEqual(['event type', 'tenant', 'webhook']);
  });

  it('is imported as shadows in another format, until all shadows of its tenant end in one call', async () => {
    const hook = { kind: 'webhook', tenant: 'moving', eventTypes: ['a.b'], secret: 'a secret of long ago' };
    const url = 'https://a.example/';
    const lines = [
      { ...hook, url, externalId: 'one' },
      { ...hook, url, externalId: 'two' },
    ];
    const deliveryFormat = { body: 'data', signatures: ['github'] };
    const flags = ['--shadow', '--attest', 'receives', '--delivery-format', JSON.stringify(deliveryFormat)];
    expect(await run(['import', 'ndjson', write(lines), ...flags])).toMatchObject({ code: 0 });
    expect(await webhook('two', 'moving')).toMatchObject({ shadow: true, status: 'active', deliveryFormat });
    const ended = await inUse.run(words('tenants end-shadows ext:moving'));
    expect(ended).toMatchObject({ code: 0, stdout: 'Ended 2 shadows\n' });
    expect(await webhook('two', 'moving')).toMatchObject({ shadow: false });
  });

  it('with ids that are not ASCII is imported, and refused secrets have a way out', async () => {
    const hook = { kind: 'webhook', tenant: 'Zürich AG', url: 'https://a.example/', eventTypes: ['a.b'] };
    const lines = [
      { ...hook, externalId: 'ä/1' },
      { ...hook, externalId: 'hex', secret: 'ab'.repeat(200), secretEncoding: 'text' },
    ];
    const imported = await run(['import', 'ndjson', write(lines)]);
    expect(imported.rows).toMatchObject([
      { kind: 'tenant', action: 'create', notes: ['its external id is Z%C3%BCrich%20AG'] },
      {
        action: 'create',
        notes: [
          'the source has no secret: it got a new one; rotate it to see one',
          'its external id is %C3%A4/1',
        ],
      },
      { action: 'failed', notes: [expect.anything(), expect.stringContaining('rotate it in the source')] },
    ]);
    expect(
      await webhook(encodeURIComponent('%C3%A4/1'), encodeURIComponent('Z%C3%BCrich%20AG')),
    ).toMatchObject({
      externalId: '%C3%A4/1',
    });
    expect(await run(['import', 'ndjson', write(lines), '--delete'])).toMatchObject({ code: 2 });
  });
});

const schema = (pattern: string) => ({ type: 'object', properties: { id: { type: 'string', pattern } } });
const hook = (tenant: string, externalId: string) => ({
  kind: 'webhook',
  tenant,
  externalId,
  url: 'https://a.example/',
  eventTypes: ['a.b'],
});

const outcomes = (rows: Row[]) => rows.map(({ kind, name, action }) => ({ kind, name, action }));
const failed = (rows: Row[]) => rows.filter(({ action }) => action === 'failed');

const named = (externalId: string, name: string) => ({ kind: 'tenant', externalId, name });

const notesOf = (rows: Row[], name: string) =>
  rows.filter((row) => row.name === name).flatMap((row) => row.notes);

describe('a dry run', () => {
  it('says which names of tenants are in use', async () => {
    await inUse.api.put('/v1/tenants/ext:present', { name: 'Taken' });
    const file = write([named('one', 'Taken'), named('two', 'Twice'), named('three', 'Twice')]);
    const planned = await run(['import', 'ndjson', file, '--dry-run']);
    const imported = await run(['import', 'ndjson', file]);
    for (const { rows } of [planned, imported]) {
      expect(notesOf(rows, 'Taken')).toEqual(['the name is in use: Taken (one)']);
      expect(notesOf(rows, 'Twice')).toEqual([
        expect.stringMatching(/^the name is in use: Twice \((two|three)\)$/),
      ]);
    }
  });

  it('fails for what the import refuses: quotas of tenants, and schemas that cannot be used', async () => {
    await inUse.api.put('/v1/tenants/ext:small', { name: 'Small', quotas: { webhooks: 2 } });
    await inUse.api.put('/v1/webhooks/ext:first?tenantId=ext:small', {
      url: 'https://a.example/',
      eventTypes: ['a.b'],
    });
    // The quota of the default tenant is not that of a new one.
    await inUse.api.patch('/v1/tenants/default', { quotas: { webhooks: 0 } });
    const file = write([
      { kind: 'eventType', name: 'usable.schema', schema: schema('^a') },
      { kind: 'eventType', name: 'broken.schema', schema: schema('(') },
      { kind: 'eventType', name: 'unknown.draft', schema: { $schema: 'https://a.example/draft' } },
      hook('small', 'first'),
      hook('small', 'second'),
      hook('small', 'third'),
      hook('new', 'first'),
    ]);
    const details = (await inUse.api.get('/v1/tenants/ext:small')).body;
    expect(details.defaultQuotas).toEqual({ ...details.effectiveQuotas, webhooks: 500 });
    const planned = await run(['import', 'ndjson', file, '--dry-run']);
    const imported = await run(['import', 'ndjson', file]);
    await inUse.api.patch('/v1/tenants/default', { quotas: { webhooks: null } });

    expect(outcomes(planned.rows)).toEqual(outcomes(imported.rows));
    expect([planned.code, imported.code]).toEqual([1, 1]);
    expect(failed(planned.rows)).toMatchObject([
      { name: 'broken.schema', notes: [expect.stringContaining('The schema is invalid')] },
      { name: 'unknown.draft', notes: [expect.stringContaining('The schema is invalid')] },
      { kind: 'webhook', notes: [expect.stringContaining('The quota for webhooks (2) is reached')] },
    ]);
  });
});
