import { describe, expect, it } from '@jest/globals';
import { cooperativeYield, hasValueAt, scalarDigests, valueDigest } from '../../src/index.js';

const digestOf = (value: string): string => valueDigest(value) ?? '';

/** About as many as an event can have. */
const MANY = Array.from({ length: 30_000 }, (_, index) => 100_000 + index);

/** Returns the number of turns of the event loop that other callbacks get meanwhile. */
async function countTurns(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await work();
  isDone = true;
  return turns;
}

describe('scalarDigests', () => {
  it('returns the digest of each scalar once, also of JSON texts in strings', async () => {
    const nested = JSON.stringify({ a: [1, 'x'], b: JSON.stringify(['deep']) });
    const { digests, isCut } = await scalarDigests(
      JSON.stringify({ nested, again: [1, 1, 'x', true] }),
      cooperativeYield(),
    );
    const keys = ['nested', 'again', 'a', 'b'];
    const values = [nested, '1', 'x', '["deep"]', 'deep', 'true'];
    expect([...digests].toSorted()).toEqual([...keys, ...values].map(digestOf).toSorted());
    expect(isCut).toBe(false);
  });

  it.each([
    ['{"a":"x', true],
    ['{"a":"', true],
    ['{"a":"x","b":1', false],
  ])('reports whether %j is cut within a text', async (json, isCut) => {
    expect((await scalarDigests(json, cooperativeYield())).isCut).toBe(isCut);
  });

  it('lets other callbacks run during many values', async () => {
    const json = JSON.stringify(MANY);
    expect(await countTurns(() => scalarDigests(json, cooperativeYield()))).toBeGreaterThan(2);
  });
});

describe('hasValueAt', () => {
  const sought = { pointer: '/ids', digest: digestOf('42') };

  it.each([
    ['{"ids":42}', true],
    ['{"ids":"42"}', true],
    ['{"ids":[1,1,"42"]}', true],
    ['{"ids":[[42]]}', false],
    ['{"id":42}', false],
  ])('finds the value in %s: %s', async (dataText, isFound) => {
    expect(await hasValueAt(dataText, sought, cooperativeYield())).toBe(isFound);
  });

  it('lets other callbacks run during many values', async () => {
    const dataText = JSON.stringify({ ids: MANY });
    expect(await countTurns(() => hasValueAt(dataText, sought, cooperativeYield()))).toBeGreaterThan(2);
  });
});
