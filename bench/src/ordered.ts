import { DELIVERIES, perSecond } from './against-bare.js';
import { type Bench, resetData } from './bench.js';
import { e2eHttp } from './e2e-http.js';
import { medianOf } from './quantiles.js';
import { SLOW_MS } from './slow-ms.js';
import type { Scenario } from './result.js';
import { createActiveWebhooks } from './webhook.js';

const KEYS = 10_000;

/** Events for the strict webhook: 20 s if they are sent without a pause. */
const STRICT_DELIVERIES = 400;

/** What one request after the other allows. */
const IDEAL_PER_SECOND = 1000 / SLOW_MS;

type Ordering = 'none' | 'strict' | 'byKey';

/**
 * Webhooks with an order: one with the order `byKey`, whose events have 10,000 keys, against the same load without an order in the same
 * round; and one with the order `strict`, whose receiver takes 50 ms, against requests without a pause.
 */
export const ordered: Scenario = async (bench, { rounds, count: wanted }) => {
  const count = wanted ?? DELIVERIES;
  const measured = [];
  for (let round = 1; round <= rounds; round += 1) {
    const unordered = await deliver(bench, { ordering: 'none', path: '', count });
    const byKey = await deliver(bench, { ordering: 'byKey', path: '', count });
    const strict = await deliver(bench, { ordering: 'strict', path: 'slow/', count: STRICT_DELIVERIES });
    measured.push({ unordered, byKey, strict, ratio: byKey / unordered, share: strict / IDEAL_PER_SECOND });
    console.log(
      `round ${round}: unordered ${unordered.toFixed(0)}/s, by key ${byKey.toFixed(0)}/s, strict ${strict.toFixed(1)}/s`,
    );
  }
  return {
    figures: [
      {
        name: `by ${KEYS} keys ÷ without order`,
        value: medianOf(measured, ({ ratio }) => ratio),
        better: 'higher',
        threshold: 0.8,
        target: 0.9,
      },
      {
        name: `strict, receiver of ${SLOW_MS} ms ÷ ${IDEAL_PER_SECOND}/s`,
        value: medianOf(measured, ({ share }) => share),
        better: 'higher',
        threshold: 0.8,
        target: 0.95,
      },
    ],
    summary: {
      count,
      unorderedPerSecond: Math.round(medianOf(measured, ({ unordered }) => unordered)),
      byKeyPerSecond: Math.round(medianOf(measured, ({ byKey }) => byKey)),
      strictPerSecond: medianOf(measured, ({ strict }) => strict),
    },
    rounds: measured,
  };
};

/** Returns the deliveries per second of one webhook. All its events have keys. */
async function deliver(
  bench: Bench,
  { ordering, path, count }: { ordering: Ordering; path: string; count: number },
): Promise<number> {
  await resetData(bench);
  const [id] = await createActiveWebhooks(bench, [{ url: bench.receiverUrl + path, pattern: '*' }]);
  await bench.database.pool.query('UPDATE webhook SET ordering = $2::webhook_ordering WHERE id = $1', [
    id,
    ordering,
  ]);
  return perSecond(await e2eHttp('separate', { orderingKeys: KEYS })(bench, count), count);
}
