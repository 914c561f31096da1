import { expect, it } from '@jest/globals';
import type { RestoreFacts } from '@posthorn/database/restores';
import {
  type KnownErasures,
  restoreVerdict,
  type RestoreVerdict,
} from '../src/quarantine/restore-verdict.js';

const facts = (history: string): RestoreFacts => ({
  installationId: 'installation',
  server: 'now',
  history,
  completeHistory: '1',
  erasureCount: 7,
  quarantinedAt: null,
});

const COMPLETE: RestoreVerdict = { kind: 'complete', isHistoryNew: false };
const PROMOTED: RestoreVerdict = { kind: 'complete', isHistoryNew: true };
const LOST: RestoreVerdict = { kind: 'quarantine', reason: 'erasures_lost' };
const UNKNOWN: RestoreVerdict = { kind: 'quarantine', reason: 'erasures_unknown' };

it.each<[what: string, history: string, known: KnownErasures, verdict: RestoreVerdict]>([
  ['a restart', '1', 7, COMPLETE],
  ['a restart after Redis has lost the last erasures', '1', 6, COMPLETE],
  ['an empty Redis', '1', null, COMPLETE],
  ['a restart without Redis', '1', undefined, COMPLETE],
  ['a copied data folder beside the old Redis', '1', 8, LOST],
  ['a promotion', '2', 7, PROMOTED],
  ['a promotion after Redis has lost the last erasures', '2', 6, PROMOTED],
  ['a promotion that has lost an erasure', '2', 8, LOST],
  ['a restore beside a new Redis', '2', null, UNKNOWN],
  ['a changed history without Redis', '2', undefined, { kind: 'unknown' }],
])('%s', (_what, history, known, verdict) => {
  expect(restoreVerdict(facts(history), known)).toEqual(verdict);
});
