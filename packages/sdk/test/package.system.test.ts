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
  const { secret }: { secret: string } = await posthorn.webhooks.create({ url: '', eventTypes: [] });
  // @ts-expect-error -- not a status
  posthorn.webhooks.list({ status: 'sleepy' });
  // @ts-expect-error -- the id is missing
  await posthorn.webhooks.suspend();
  for await (const { id } of posthorn.events.list()) return id;
  return verify('', {}, secret).type;
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

it('is smaller than 150 KB', () => {
  expect(readFileSync(consumer.tarball).byteLength).toBeLessThan(150 * 1024);
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
