// Webhooks that are missing in the lists of a source: because it deleted them, or because the lists are wrong.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { words } from './fixtures/command-line.js';
import { type Documents, type SourceServer, startSourceServer } from './fixtures/source-server.js';
import { useStack } from './fixtures/use-stack.js';

const inUse = useStack();

const TOKEN = 'token-of-the-test';
const TENANTS = '/tenants?limit=100';
const SECOND_PAGE = '/tenants?limit=100&next=n1';

interface Row {
  kind: string;
  tenant?: string;
  name: string;
  action: string;
  notes: string[];
}

const destination = (id: string, url = `https://receiver.example/${id}`) => ({
  id,
  type: 'webhook',
  topics: ['a.b'],
  config: { url },
  credentials: { secret: `the secret of ${id}, of long ago` },
});

/** The documents of a tenant with destinations. */
const tenantOf = (tenant: string, ids: string[]): Documents => ({
  [`/tenants/${tenant}/destinations`]: ids.map((id) => destination(id)),
  ...Object.fromEntries(ids.map((id) => [`/tenants/${tenant}/destinations/${id}`, destination(id)])),
});

const page = (ids: string[], next: string | null = null) => ({
  models: ids.map((id) => ({ id })),
  pagination: {
    order_by: 'created_at',
    dir: 'desc',
    limit: 100,
    next,
    prev: null,
  },
});

const LARGE = Array.from({ length: 20 }, (_, index) => `des_large_${index}`);
const SMALL = ['des_small_0', 'des_small_1'];

const complete = (): Documents => ({
  '/topics': ['a.b'],
  [TENANTS]: page(['large'], 'n1'),
  [SECOND_PAGE]: page(['small']),
  ...tenantOf('large', LARGE),
  ...tenantOf('small', SMALL),
});

let source: SourceServer;
const documents: Documents = {};

function serve(changes: Documents = {}): void {
  for (const path of Object.keys(documents)) delete documents[path];
  Object.assign(documents, complete(), changes);
}

/** Serves all but these destinations of the small tenant: they were deleted. */
function serveWithout(...ids: string[]): void {
  const left = SMALL.filter((id) => !ids.includes(id));
  serve(tenantOf('small', left));
  for (const id of ids) delete documents[`/tenants/small/destinations/${id}`];
}

beforeAll(async () => {
  source = await startSourceServer(documents, TOKEN);
});
afterAll(() => source.close());

async function sync(flags: string) {
  const server = words(`import outpost --server-url ${source.url} --token ${TOKEN}`);
  const args = [...server, ...words(`${flags} --yes --json`), '--attest', 'receives already'];
  const { code, stdout, stderr } = await inUse.run(args);
  const rows: Row[] = stdout === '' ? [] : JSON.parse(stdout);
  const others = ({ kind, action }: Row) => kind === 'webhook' && action !== 'exists';
  return { code, stderr, rows: rows.filter(others) };
}

const statuses = async (): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  const { body } = await inUse.api.get('/v1/webhooks?tenantId=*&limit=200');
  for (const { status } of body.data) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

const INCOMPLETE = [expect.stringContaining('the list is incomplete')];

describe('a source whose lists lack webhooks', () => {
  it('ends none that it has', async () => {
    serve();
    await sync('--sync --delete');
    expect(await statuses()).toEqual({ active: 22 });

    // A page without the tenant.
    serve({ [SECOND_PAGE]: page([]) });
    expect(await sync('--sync --delete')).toMatchObject({
      code: 1,
      rows: SMALL.toReversed().map(() => ({
        tenant: 'small',
        action: 'failed',
        notes: INCOMPLETE,
      })),
    });
    // A list without the webhook.
    serve({ '/tenants/small/destinations': [] });
    expect((await sync('--sync --delete')).rows.map(({ action }) => action)).toEqual(['failed', 'failed']);
    expect(await statuses()).toEqual({ active: 22 });
  });

  it.each([
    ['an empty object', { [TENANTS]: {} }, 'unexpected response'],
    ['no list', { [TENANTS]: { pagination: { next: null } } }, 'unexpected response'],
    ['no end', { [TENANTS]: { models: [] } }, 'unexpected response'],
    ['an object for the list of webhooks', { '/tenants/large/destinations': {} }, 'unexpected response'],
    ['a page that leads to itself', { [SECOND_PAGE]: page(['small'], 'n1') }, 'repeats its cursor'],
  ])('ends with an error if it responds with %s', async (_case, changes, message) => {
    serve(changes);
    expect(await sync('--sync --delete')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message),
    });
    expect(await statuses()).toEqual({ active: 22 });
  });

  it('ends none that it does not confirm as deleted', async () => {
    // A proxy before it, which has no JSON, is not the source.
    serve({ '/tenants/small/destinations': [] });
    source.failing = {
      path: '/tenants/small/destinations/',
      status: 404,
      body: '<h1>Not found</h1>',
    };
    const { code, rows } = await sync('--sync --delete');
    source.failing = null;
    expect([code, rows.map(({ action }) => action)]).toEqual([1, ['failed', 'failed']]);
    expect(rows[0]?.notes[0]).toContain('does not confirm its removal');
    expect(await statuses()).toEqual({ active: 22 });
  });
});

describe('a source that fails', () => {
  it('with each check by id ends the import, and no webhook ends', async () => {
    serve({ '/tenants/large/destinations': [] });
    source.failing = { path: '/tenants/large/destinations/', status: 507, body: '{}' };
    const { code, stderr, rows } = await sync('--sync --delete --max-missing 30');
    source.failing = null;
    expect([code, stderr]).toEqual([1, expect.stringContaining('10 requests in a row have failed')]);
    expect(rows).toEqual([]);
    expect(await statuses()).toEqual({ active: 22 });
  });
});

describe('a list with two webhooks of the same id', () => {
  it('changes neither, and follows the others', async () => {
    const [first = '', second = ''] = SMALL;
    const list = [
      destination(first, 'https://receiver.example/another'),
      destination(first),
      destination(second, 'https://receiver.example/moved'),
    ];
    serve({ '/tenants/small/destinations': list });
    const { code, rows } = await sync('--sync --delete');
    expect([code, rows.map(({ name, action }) => [name, action])]).toEqual([
      0,
      [
        ['https://receiver.example/another', 'skip'],
        [`https://receiver.example/${first}`, 'skip'],
        ['https://receiver.example/moved', 'update'],
      ],
    ]);
    const { body } = await inUse.api.get('/v1/webhooks?tenantId=ext:small');
    expect(body.data.map(({ url }: { url: string }) => url).toSorted()).toEqual([
      `https://receiver.example/${first}`,
      'https://receiver.example/moved',
    ]);
    serve();
    await sync('--sync');
    expect(await statuses()).toEqual({ active: 22 });
  });
});

describe('a webhook that was deleted in the source', () => {
  it('is only reported without a flag', async () => {
    serveWithout('des_small_0');
    const { code, rows } = await sync('--sync');
    expect([code, rows]).toEqual([0, []]);
    expect(await statuses()).toEqual({ active: 22 });
  });

  it('is suspended, reactivated with the source, suspended, deleted, and created again with the source', async () => {
    serveWithout('des_small_0');
    const ended = {
      tenant: 'small',
      name: 'https://receiver.example/des_small_0',
    };
    expect(await sync('--sync --delete')).toMatchObject({
      code: 0,
      rows: [{ ...ended, action: 'suspend' }],
    });
    expect(await sync('--sync --suspend')).toMatchObject({ code: 0, rows: [] });
    expect(await statuses()).toEqual({ active: 21, suspended: 1 });
    serve();
    expect(await sync('--sync --delete')).toMatchObject({
      code: 0,
      rows: [{ ...ended, action: 'update' }],
    });
    expect(await statuses()).toEqual({ active: 22 });
    serveWithout('des_small_0');
    await sync('--sync --suspend');
    expect(await sync('--sync --delete')).toMatchObject({
      code: 0,
      rows: [{ ...ended, action: 'delete' }],
    });
    expect(await statuses()).toEqual({ active: 21 });
    serve();
    expect(await sync('--sync --delete')).toMatchObject({
      code: 0,
      rows: [{ ...ended, action: 'create' }],
    });
    expect(await statuses()).toEqual({ active: 22 });
  });

  it('is known by its id in the source, whatever its external id is', async () => {
    const { body } = await inUse.api.get(
      '/v1/webhooks?tenantId=ext:small&url=https://receiver.example/des_small_1',
    );
    await inUse.api.patch(`/v1/webhooks/${body.data[0].id}`, { externalId: 'renamed' });
    serve();
    expect(await sync('--sync --delete')).toMatchObject({ code: 0, rows: [] });
    expect(await statuses()).toEqual({ active: 22 });
    serveWithout('des_small_1');
    const { code, rows } = await sync('--sync --delete');
    expect([code, rows.map(({ name, action }) => [name, action])]).toEqual([
      0,
      [['https://receiver.example/des_small_1', 'suspend']],
    ]);
    serve();
    expect((await sync('--sync --delete')).rows.map(({ action }) => action)).toEqual(['update']);
    expect(await statuses()).toEqual({ active: 22 });
  });

  it('stays if its id makes its path that of something else, beside one that ends', async () => {
    serve(tenantOf('small', ['..', ...SMALL]));
    await sync('--sync --delete');
    expect(await statuses()).toEqual({ active: 23 });
    serveWithout('des_small_1');
    const { code, rows } = await sync('--sync --delete');
    expect([code, rows]).toEqual([
      1,
      expect.arrayContaining([
        expect.objectContaining({
          name: 'https://receiver.example/',
          action: 'failed',
          notes: [expect.stringContaining('The id ".." cannot be part of a URL')],
        }),
        expect.objectContaining({ name: 'https://receiver.example/des_small_1', action: 'suspend' }),
      ]),
    ]);
    expect(rows).toHaveLength(2);
    expect(await statuses()).toEqual({ active: 22, suspended: 1 });
    serve(tenantOf('small', SMALL));
    await sync('--sync --delete');
    const { body } = await inUse.api.get('/v1/webhooks?tenantId=ext:small&limit=200');
    const unusable = body.data.find(({ externalId }: { externalId: string }) => externalId === '..');
    await inUse.api.delete(`/v1/webhooks/${unusable.id}`);
    expect(await statuses()).toEqual({ active: 22 });
  });

  it('of a tenant whose id makes its path that of something else fails alone', async () => {
    serve({ [SECOND_PAGE]: page(['..', 'small']) });
    const { code, rows } = await sync('--sync --delete');
    expect([code, rows]).toEqual([1, []]);
    expect(await statuses()).toEqual({ active: 22 });
  });

  it('with more than 10 % of all ends nothing, unless their number is given', async () => {
    serve(tenantOf('large', LARGE.slice(3)));
    for (const id of LARGE.slice(0, 3)) delete documents[`/tenants/large/destinations/${id}`];
    for (const flags of ['--delete', '--delete --dry-run', '--delete --max-missing 2']) {
      const { code, rows } = await sync(`--sync ${flags}`);
      expect([code, rows.map(({ action }) => action)]).toEqual([1, ['failed', 'failed', 'failed']]);
      expect(rows[0]?.notes).toEqual([expect.stringContaining('3 of 22 webhooks (14 %)')]);
    }
    expect(await statuses()).toEqual({ active: 22 });
    const { code, rows } = await sync('--sync --delete --max-missing 3');
    expect([code, rows.map(({ action }) => action)]).toEqual([0, ['suspend', 'suspend', 'suspend']]);
    expect(await statuses()).toEqual({ active: 19, suspended: 3 });
  });
});

describe('an endpoint of posthorn record', () => {
  it('is left out, as are those that --exclude names', async () => {
    const recorders = ['/ext:small/ext:des_small_0', '/behind/a/proxy/ext:des_small_0', '/copies/of/all'];
    const others = ['/copies', '/copies-2', '/ext/hook'];
    const copies = [...recorders, ...others].map((path, index) =>
      destination(`des_copy_${index}`, `https://recorder.example${path}`),
    );
    serve({
      '/tenants/small/destinations': [...SMALL.map((id) => destination(id)), ...copies],
    });
    const { rows } = await sync(
      '--sync --exclude https://recorder.example/copies/of,https://another.example/',
    );
    const skipped = rows.filter(({ action }) => action === 'skip');
    expect(skipped.map(({ notes }) => notes)).toEqual([
      ['not imported: it is an endpoint of posthorn record'],
      ['not imported: it is an endpoint of posthorn record'],
      ['not imported: excluded by --exclude'],
    ]);
    expect(rows.filter(({ action }) => action === 'create')).toHaveLength(others.length);
    // It is not refused.
    const ended = await inUse.run(words('tenants end-shadows ext:small'));
    expect(ended).toMatchObject({ code: 0, stdout: 'Ended 0 shadows\n' });
  });
});
