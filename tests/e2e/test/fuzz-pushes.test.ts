// Random input in Redis: the producer accepts it or stores it as a rejected event, reads the next one, and does not crash.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually, fuzzRuns } from '@posthorn/testkit';
import * as fc from 'fast-check';
import { openPushIngress, type PushIngress } from './push-ingress.js';
import { type ServiceProcess, startService } from './service-process.js';

let pushes: PushIngress;
let producer: ServiceProcess;
let pushed = 0;

beforeAll(async () => {
  pushes = await openPushIngress();
  producer = await startService('producer', { ...pushes.settings, POSTHORN_HEALTH_PORT: '0' });
}, 120_000);
afterAll(async () => {
  expect(await producer.stop()).toMatchObject({ code: 0 });
  await pushes.close();
});

type Fields = Record<string, string | Buffer>;

interface RawPush {
  ingress: 'queue' | 'stream';
  fields: Fields;
}

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const junk = fc.oneof(
  bytes,
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.constantFrom('', 'null', '[]', '{}', '"a"', '0', '{"data":', '['.repeat(20_000), 'x'.repeat(400_000)),
);
const mostly = (good: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 2, arbitrary: good }, { weight: 1, arbitrary: junk });

const data = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' }), {
  maxKeys: 3,
});
const name = fc.constantFrom('order.paid', 'a', '*', 'posthorn.x', 'a b', '__proto__');
const message = fc.record(
  {
    data: fc.oneof(data, fc.jsonValue()),
    occurredAt: fc.constantFrom(
      '2026-01-01T00:00:00Z',
      'soon',
      null,
      0,
      '+275760-09-13T00:00:00Z',
      '9999-12-31T23:59:59Z',
    ),
    idempotencyKey: fc.oneof(fc.string(), fc.constantFrom(null, 1, 'k'.repeat(256))),
    tenantId: fc.constantFrom('default', null, 'ten_00000000000000000000000000', 'x', {}),
    unknown: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

/** The hash of a BullMQ job with some fields missing or random. */
const job: fc.Arbitrary<RawPush> = fc
  .record(
    {
      name: mostly(name),
      data: mostly(message.map((one) => JSON.stringify(one))),
      opts: mostly(
        fc.constantFrom('{}', '{"attempts":3}', '{"delay":-1}', '{"repeat":{"every":1}}', '{"backoff":"x"}'),
      ),
      timestamp: mostly(fc.constantFrom(String(Date.now()), '0', '-1', '1e400', '99999999999999999')),
      delay: mostly(fc.constant('0')),
      priority: mostly(fc.constant('0')),
      parent: junk,
      returnvalue: junk,
      stacktrace: junk,
      atm: junk,
      stc: junk,
    },
    { requiredKeys: [] },
  )
  .map((fields) => ({ ingress: 'queue', fields }));

const entry: fc.Arbitrary<RawPush> = fc
  .record(
    {
      type: mostly(name),
      data: mostly(data.map((one) => JSON.stringify(one))),
      key: mostly(fc.string()),
      tenant: mostly(fc.constant('default')),
      occurredAt: mostly(fc.constant('2026-01-01T00:00:00Z')),
      ['__proto__']: junk,
    },
    { requiredKeys: [] },
  )
  .map((fields) => ({ ingress: 'stream', fields: Object.keys(fields).length === 0 ? { '': '' } : fields }));

async function push({ ingress, fields }: RawPush): Promise<void> {
  const flat = Object.entries(fields).flat();
  if (ingress === 'stream') {
    await pushes.redis.xadd(`${pushes.prefix}:intake`, '*', ...flat);
    return;
  }
  pushed += 1;
  const id = `raw-${pushed}`;
  const base = `${pushes.prefix}:events`;
  const multi = pushes.redis.multi();
  if (flat.length > 0) multi.hset(`${base}:${id}`, ...flat);
  await multi.lpush(`${base}:wait`, id).zadd(`${base}:marker`, '0', '0').exec();
}

const RUNS = fuzzRuns(5);

/** For each run, longer than its two waits. A time limit of fast-check would leave a run unfinished, whose connections the hooks close. */
const TIMEOUT_MS = RUNS * 90_000;

it(
  'is accepted or rejected, and does not block other events',
  async () => {
    const batches = fc.array(fc.oneof(job, entry), { minLength: 1, maxLength: 40, size: 'max' });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(batches, async (batch) => {
        run += 1;
        for (const one of batch) await push(one);
        const type = `marker.${run}`;
        await pushes.queue.add(type, { data: {} });
        await pushes.redis.xadd(`${pushes.prefix}:intake`, '*', 'type', type, 'data', '{}');
        await eventually(async () => {
          const { rowCount } = await pushes.database.pool.query('SELECT FROM event WHERE type = $1', [type]);
          expect(rowCount).toBe(2);
        });
        await eventually(async () => {
          expect(await pushes.redis.xlen(`${pushes.prefix}:intake`)).toBe(0);
          const [active, waiting, delayed] = await Promise.all([
            pushes.redis.llen(`${pushes.prefix}:events:active`),
            pushes.redis.llen(`${pushes.prefix}:events:wait`),
            pushes.redis.zcard(`${pushes.prefix}:events:delayed`),
          ]);
          expect([active, waiting, delayed]).toEqual([0, 0, 0]);
        });
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);
