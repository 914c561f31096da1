import { expect, it } from '@jest/globals';
import { formatAge } from '../src/pages/overview/format-age.js';
import { mostFailing, type Stats, type WebhookStats } from '../src/pages/overview/stats.js';

const webhook = (webhookId: string, attempts: number, successRate: number | null): WebhookStats => ({
  webhookId,
  attempts,
  successRate,
  succeeded: 0,
  failed: 0,
  dropped: 0,
  latencyMs: { p50: null, p95: null, p99: null },
});

const stats = (webhooks: WebhookStats[]): Stats => ({
  from: '',
  to: '',
  interval: 'hour',
  total: webhook('', 0, null),
  intervals: [],
  webhooks,
});

it('lists webhooks with failures by number of failures', () => {
  const webhooks = [
    webhook('good', 900, 1),
    webhook('half', 10, 0.5),
    webhook('idle', 0, null),
    webhook('bad', 8, 0),
  ];
  expect(mostFailing(stats(webhooks), 5).map(({ webhookId }) => webhookId)).toEqual(['bad', 'half']);
  expect(mostFailing(stats(webhooks), 1).map(({ webhookId }) => webhookId)).toEqual(['bad']);
});

it.each([
  [0.04, '0.0 s'],
  [9.94, '9.9 s'],
  [59.6, '60 s'],
  [150, '3 min'],
  [9000, '3 h'],
])('formats an age of %d seconds', (seconds, text) => {
  expect(formatAge(seconds)).toBe(text);
});
