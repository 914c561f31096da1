import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type DeliveryStatus, gate, type WebhookStatus } from '../../src/index.js';

const NOW = new Date('2026-02-01T00:00:00Z');
const inMs = (ms: number) => new Date(NOW.getTime() + ms);

const deliveryStatuses: DeliveryStatus[] = ['pending', 'succeeded', 'failed', 'dropped'];
const webhookStatuses: WebhookStatus[] = ['pending_validation', 'active', 'suspended', 'deleted'];

const combinations = deliveryStatuses.flatMap((delivery) =>
  webhookStatuses.flatMap((webhook) =>
    [true, false].flatMap((sameEpoch) =>
      [null, -1000, 0, 50, 51, 60_000].map((dueInMs) => ({ delivery, webhook, sameEpoch, dueInMs })),
    ),
  ),
);

function expected({ delivery, webhook, sameEpoch, dueInMs }: (typeof combinations)[number]): unknown {
  if (delivery !== 'pending') return { kind: 'settled' };
  if (webhook === 'deleted') return { kind: 'drop', reason: 'deleted' };
  if (webhook !== 'active' || !sameEpoch) return { kind: 'drop', reason: 'suspended' };
  return dueInMs !== null && dueInMs > 50 ? { kind: 'not_due', dueAt: inMs(dueInMs) } : { kind: 'send' };
}

describe('the gate', () => {
  it('judges every combination of states as the table says', () => {
    for (const combination of combinations) {
      const { delivery, webhook, sameEpoch, dueInMs } = combination;
      const verdict = gate({
        delivery: {
          status: delivery,
          epoch: 3,
          nextAttemptAt: dueInMs === null ? null : inMs(dueInMs),
        },
        webhook: { status: webhook, epoch: sameEpoch ? 3 : 4 },
        now: NOW,
      });
      expect({ combination, verdict }).toEqual({ combination, verdict: expected(combination) });
    }
  });

  it('lets nothing pass but a pending delivery of an active webhook in the same epoch', () => {
    fc.assert(
      fc.property(
        fc.record({
          delivery: fc.record({
            status: fc.constantFrom(...deliveryStatuses),
            epoch: fc.nat(3),
            nextAttemptAt: fc.option(fc.integer({ min: -100, max: 100 }).map(inMs)),
          }),
          webhook: fc.record({ status: fc.constantFrom(...webhookStatuses), epoch: fc.nat(3) }),
        }),
        ({ delivery, webhook }) => {
          const passes = gate({ delivery, webhook, now: NOW }).kind === 'send';
          const may =
            delivery.status === 'pending' && webhook.status === 'active' && webhook.epoch === delivery.epoch;
          if (passes) expect(may).toBe(true);
        },
      ),
    );
  });
});
