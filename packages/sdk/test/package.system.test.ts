// The packed package: its manifest, its types and both module formats.
import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { type Consumer, consumerWith } from './consumer.js';

/** Uses every entry point, with type errors that the compiler must report. */
const USE = `
const posthorn = new Posthorn({ apiKey: 'phk_1', baseUrl: 'http://localhost' });
export const use = async (): Promise<string> => {
  const { secret }: { secret: string | null } = await posthorn.webhooks.create({ url: '', eventTypes: [] });
  // @ts-expect-error -- not a status
  posthorn.webhooks.list({ status: 'sleepy' });
  // @ts-expect-error -- the id is missing
  await posthorn.webhooks.suspend();
  const options = { signal: AbortSignal.timeout(1000) };
  await posthorn.webhooks.get('wh_1', options);
  await posthorn.webhooks.delete('wh_1', options);
  await posthorn.webhooks.suspend('wh_1', options);
  await posthorn.webhooks.suspend('wh_1', { reason: 'a pause' }, options);
  // @ts-expect-error -- a field of neither the input nor the options
  await posthorn.webhooks.suspend('wh_1', { because: '' });
  await posthorn.webhooks.endSecret('wh_1', 'sec_1', options);
  await posthorn.webhooks.endSigningKey('wh_1', 'sig_1', options);
  // @ts-expect-error -- the id of the key is missing
  await posthorn.webhooks.endSigningKey('wh_1');
  for await (const { id } of posthorn.webhooks.secrets('wh_1', options)) return id;
  for await (const { id } of posthorn.events.list()) return id;
  return verify('', {}, secret ?? '').type;
};
const [error, entry] = [new PosthornError('', { code: 'timeout' }), new Posthorn({ apiKey: 'k', baseUrl: 'http://a' })];
console.log(error.code, typeof entry.webhooks.create, typeof verify, typeof streamPublisher);
`;
const OUTPUT = 'timeout function function function\n';

let consumer: Consumer;

beforeAll(async () => {
  consumer = await consumerWith({
    'module.mts': `
      import { Posthorn, PosthornError } from '@posthorn/sdk';
      import { streamPublisher } from '@posthorn/sdk/redis';
      import { verify } from '@posthorn/sdk/webhooks';
      ${USE}`,
    'common.cts': `
      import sdk = require('@posthorn/sdk');
      import redis = require('@posthorn/sdk/redis');
      import webhooks = require('@posthorn/sdk/webhooks');
      const { Posthorn, PosthornError } = sdk;
      const { streamPublisher } = redis;
      const { verify } = webhooks;
      ${USE}`,
  });
}, 240_000);

afterAll(() => consumer?.remove());

it('passes publint', async () => {
  const { messages, pkg } = await publint({
    pkgDir: consumer.sdk,
    pack: false,
  });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

it('has correct types for every module resolution', async () => {
  const packed = createPackageFromTarballData(readFileSync(consumer.tarball));
  const result = await checkPackage(packed);
  if (!result.types) throw new Error('no types');
  // node10 does not know `exports`: only the main entry resolves.
  const problems = result.problems.filter(
    (problem) =>
      !('resolutionKind' in problem && problem.resolutionKind === 'node10' && problem.entrypoint !== '.'),
  );
  expect(problems).toEqual([]);
}, 240_000);

it('is smaller than 220 KB', () => {
  expect(readFileSync(consumer.tarball).byteLength).toBeLessThan(220 * 1024);
});

describe('in a project that installs it', () => {
  beforeAll(() => consumer.compile(), 240_000);

  it('can be imported', async () => {
    expect(await consumer.run('module.mjs')).toBe(OUTPUT);
  });

  it('can be required', async () => {
    expect(await consumer.run('common.cjs')).toBe(OUTPUT);
  });
});
