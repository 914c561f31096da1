import { patternsMatching } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { type AcceptRules, readAcceptRules } from '@posthorn/database/events';
import type { PendingEvent } from '../events/compose-event.js';
import type { RuleVerification } from './event-writer.js';
import { RuleHints } from '../rules/rule-hints.js';
import type { SequencedTypes } from '../events/sequenced-events.js';

/**
 * Maximum number of times that the rules of a batch are read. The rules of the last read apply even if they have changed since: a tenant that keeps changing its filters
 * may miss events, but delays no other tenant.
 */
const MAX_READS = 3;

/** The tenants, the rules of event types and the rules of webhooks that apply to a batch. */
interface BatchRules extends AcceptRules {
  /** The check that the commit of the batch makes on these rules. */
  verification: RuleVerification;
  /** How often the rules have been read for this batch. */
  reads: number;
}

/**
 * Creates a reader of the rules for a batch. Most events have none, so the first read costs a statement only where there
 * were rules the last time; the commit detects new ones.
 */
export function createRuleReader(pool: Pool, sequencedTypes: SequencedTypes) {
  const hints = new RuleHints();

  async function readOnce(batch: readonly PendingEvent[], reads: number): Promise<BatchRules> {
    const types = new Set(batch.map(({ event }) => event.type));
    const rules = await readAcceptRules(pool, {
      tenantIds: new Set(batch.map(({ event }) => event.tenantId)),
      types,
      patterns: new Set([...types].flatMap(patternsMatching)),
    });
    hints.learn(batch, rules);
    sequencedTypes.learn(batch, rules);
    const verification = reads < MAX_READS ? 'filters_unchanged' : 'none';
    return { ...rules, verification, reads };
  }

  return {
    async read(batch: readonly PendingEvent[]): Promise<BatchRules> {
      return hints.mayHaveRules(batch) ? readOnce(batch, 1) : assumeNoRules(batch);
    },
    /** Reads the rules again, after a commit reported that they have changed. */
    reread: (batch: readonly PendingEvent[], { reads }: BatchRules): Promise<BatchRules> =>
      readOnce(batch, reads + 1),
  };
}

const assumeNoRules = (batch: readonly PendingEvent[]): BatchRules => ({
  tenants: new Map(batch.map(({ event }) => [event.tenantId, 'active'])),
  payloadDays: { tenants: new Map(), types: new Map() },
  historyDays: { tenants: new Map(), types: new Map() },
  schemas: new Map(),
  searchKeys: new Map(),
  orderingPointers: new Map(),
  filtered: [],
  sequenced: [],
  verification: 'no_rules',
  reads: 0,
});
