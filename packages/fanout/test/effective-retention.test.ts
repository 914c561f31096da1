import { describe, expect, it } from '@jest/globals';
import { effectiveRetention } from '../src/events/effective-retention.js';

const INSTALLATION = { payloadDays: 30, historyDays: 60 };
const days = (tenant: number | null, type: number | null) => ({
  tenants: new Map(tenant === null ? [] : [['t', tenant]]),
  types: new Map(type === null ? [] : [['a.b', type]]),
});

describe('effectiveRetention', () => {
  it.each([
    ['nothing is set', days(null, null), days(null, null), null, null],
    ['the tenant keeps history for fewer days', days(null, null), days(7, null), 7, 7],
    ['the type keeps history for fewer days', days(null, null), days(7, 3), 3, 3],
    ['payloads are kept for fewer days than history', days(3, null), days(7, null), 3, 7],
    ['payloads are kept for more days than history', days(20, null), days(7, null), 7, 7],
    ['payloads are kept until their deliveries are settled', days(7, 0), days(7, null), 0, 7],
    [
      'the installation keeps payloads for fewer days than history',
      days(null, null),
      days(40, null),
      null,
      40,
    ],
    ['the installation keeps all for as many days', days(30, null), days(60, null), null, null],
    ['the installation keeps all for fewer days since', days(90, 90), days(90, 90), null, null],
  ])('if %s', (_name, payloads, history, payloadDays, historyDays) => {
    const rules = { payloadDays: payloads, historyDays: history };
    expect(effectiveRetention({ tenantId: 't', type: 'a.b' }, rules, INSTALLATION)).toEqual({
      payloadDays,
      historyDays,
    });
  });
});
