// The package as it would be published: what it says of itself is so, for every kind of module and its types.
import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { type Consumer, consumerWith } from './consumer.js';

/** Uses every entry, and wrongly in one place, which the compiler must say. */
const USE = `
const posthorn = new Posthorn({ apiKey: 'phk_1', baseUrl: 'http://localhost' });
export const use = async (): Promise<string> => {
  const { secret }: { secret: string } = await posthorn.webhooks.create({ url: '', eventTypes: [] });
  // @ts-expect-error -- there is no such status
  posthorn.webhooks.list({ status: 'sleepy' });
  // @ts-expect-error -- the id is missing
  await posthorn.webhooks.suspend();
  for await (const { id } of posthorn.events.list()) return id;
  return verify('', {}, secret).type;
};
const [error, entry] = [new PosthornError('', { code: 'timeout' }), new Posthorn({ apiKey: 'k', baseUrl: 'http://a' })];
console.log(error.code, typeof entry.webhooks.create, typeof verify, typeof streamPublisher);
`;
const SAID = 'timeout function function function\n';

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
}, 60_000);

afterAll(() => consumer?.remove());

it('has nothing that publint would change', async () => {
  const { messages, pkg } = await publint({
    pkgDir: consumer.sdk,
    pack: false,
  });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

it('has types that are right for every way to resolve it', async () => {
  const packed = createPackageFromTarballData(readFileSync(consumer.tarball));
  const result = await checkPackage(packed);
  if (!result.types) throw new Error('no types');
  // The oldest way knows no exports: only the main entry is there.
  const problems = result.problems.filter(
    (problem) =>
      !('resolutionKind' in problem && problem.resolutionKind === 'node10' && problem.entrypoint !== '.'),
  );
  expect(problems).toEqual([]);
}, 60_000);

it('is small', () => {
  expect(readFileSync(consumer.tarball).byteLength).toBeLessThan(150 * 1024);
});

describe('in a project that has installed it', () => {
  beforeAll(() => consumer.compile(), 60_000);

  it('is imported', async () => {
    expect(await consumer.run('module.mjs')).toBe(SAID);
  });

  it('is required', async () => {
    expect(await consumer.run('common.cjs')).toBe(SAID);
  });
});
