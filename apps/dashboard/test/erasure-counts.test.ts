// Each kind of data that an erasure counts has a label.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { countTexts } from '../src/pages/erasures/erasure.js';

/** The packages of services are not loaded in a browser, nor here. */
const ERASURES = path.resolve(import.meta.dirname, '../../../packages/database/src/erasures');

const KIND = /\bkind: '(\w+)'|\b(?:rows|partitioned)\('(\w+)'/g;
const COUNTED = /\baddCounts\(\{([^}]*)\}/g;

const sources = readdirSync(ERASURES).map((file) => readFileSync(path.join(ERASURES, file), 'utf8'));

const kinds = new Set([
  'redisFiles',
  ...sources.flatMap((code) => Array.from(code.matchAll(KIND), ([, kind, other]) => kind ?? other ?? '')),
  ...sources.flatMap((code) =>
    Array.from(code.matchAll(COUNTED)).flatMap(([, list = '']) =>
      Array.from(list.matchAll(/(?:^|[{,])\s*(\w+):/g), ([, kind = '']) => kind),
    ),
  ),
]);

it.each([...kinds])('%s has a label', (kind) => {
  const [counted] = countTexts({ counts: { [kind]: 1 } });
  expect(counted?.label).not.toBe(kind);
});

it('finds the kinds in all statements', () => {
  expect([...kinds]).toEqual(
    expect.arrayContaining([
      'events',
      'notices',
      'copies',
      'auditReports',
      'droppedDeliveries',
      'rejectedEvents',
    ]),
  );
});
