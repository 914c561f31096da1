import { expect, it } from '@jest/globals';
import type { Posthorn } from '@posthorn/sdk';
import { recordingComparer } from '../src/compare/compare-recording.js';
import type { Comparison } from '../src/compare/compared.js';
import { unchecked } from '../src/command/options.js';

const EQUAL: Comparison = {
  eventId: 'evt_1',
  deliveryId: 'dlv_1',
  notMatched: null,
  equal: true,
  equalAsJson: true,
  body: null,
  headers: [],
};
const SAME_JSON = { offset: 1, recorded: '{"a":1}', composed: '{ "a": 1 }', equalAsJson: true };

const RECORDING = { line: 1, event: 'a', headers: {}, body: '{"a":1}', webhook: 'wh_1' };

async function compare(comparison: Partial<Comparison>, { bytes = false } = {}) {
  const api = unchecked<Posthorn>({ webhooks: { compare: async () => ({ ...EQUAL, ...comparison }) } });
  const options = { webhook: undefined, tenant: undefined, ignoredHeaders: new Set(['user-agent']), bytes };
  const { result, differences } = await recordingComparer(api, options).compare(RECORDING);
  return { result, differences };
}

const signature = (signatures: { recorded: number; composed: number; equal: number }) => ({
  headers: [{ name: 'x-signature', recorded: 'v0=a', composed: '[redacted]', signatures }],
});

it('counts the same JSON with other bytes as equal, unless bytes are compared', async () => {
  expect(await compare({})).toEqual({ result: 'equal', differences: [] });
  expect(await compare({ body: SAME_JSON })).toMatchObject({ result: 'equalAsJson' });
  expect(await compare({ body: SAME_JSON }, { bytes: true })).toMatchObject({ result: 'different' });
  expect(await compare({ body: { ...SAME_JSON, equalAsJson: false } })).toMatchObject({
    result: 'different',
  });
});

it('is different if anything else differs, except ignored headers', async () => {
  const agent = { name: 'user-agent', recorded: 'a', composed: 'b', signatures: null };
  expect(await compare({ body: SAME_JSON, headers: [agent] })).toMatchObject({ result: 'equalAsJson' });
  const other = { name: 'x-a', recorded: 'a', composed: null, signatures: null };
  expect(await compare({ body: SAME_JSON, headers: [other] })).toMatchObject({
    result: 'different',
    differences: [expect.stringContaining('the same JSON'), 'x-a: a → absent'],
  });
  expect(await compare({ headers: [other] })).toMatchObject({ result: 'different' });
});

it.each([
  [{ recorded: 1, composed: 1, equal: 0 }, 'no signature is equal: the secret'],
  [{ recorded: 2, composed: 3, equal: 2 }, '2 signatures → 3, 2 equal'],
  [{ recorded: 0, composed: 1, equal: 0 }, '0 signatures → 1, 0 equal'],
])('says why signatures differ: %j', async (counts, note) => {
  const { differences } = await compare(signature(counts));
  expect(differences).toEqual([expect.stringContaining(`v0=a → [redacted] (${note}`)]);
});
