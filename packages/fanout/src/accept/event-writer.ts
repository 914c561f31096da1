import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import {
  type CreatedDeliveries,
  acceptEvents,
  acceptEventsWithoutRules,
  type ErasedIds,
  type KeysToCheck,
  type RefusedKeys,
} from '@posthorn/database/events';
import type { Evaluation } from '../rules/evaluate.js';

/**
 * The check that the statement which stores the events makes: that no rules apply to them, that no filter has changed
 * since it was read, or none. Without a check, a filter that was not evaluated matches no event. Whether a webhook numbers its deliveries
 * is always checked.
 */
export type RuleVerification = 'no_rules' | 'filters_unchanged' | 'none';

interface CommitOptions extends KeysToCheck {
  verification: RuleVerification;
  timeoutMs: number | null;
  /** Whether to return what is needed to start the deliveries in this process. */
  withStored: boolean;
  /** Whether deliveries get numbers. If not, events that match a webhook which numbers its deliveries are not stored. */
  hasSequences: boolean;
  /** They seal the events, if they encrypt. */
  payloadKeys: PayloadKeys;
}

/** The events that are new. Or nothing is stored, because the verification failed, or keys or ids are refused. */
export type Commit = CreatedDeliveries[] | RefusedKeys | ErasedIds | 'rules_changed';

/** Stores the candidates of an evaluation and creates their deliveries, in one transaction. */
export async function commitEvaluation(
  pool: Pool,
  { candidates, filterResults }: Evaluation,
  { verification, ...options }: CommitOptions,
): Promise<Commit> {
  switch (verification) {
    case 'no_rules':
      return (await acceptEventsWithoutRules(pool, candidates, options)) ?? 'rules_changed';
    case 'filters_unchanged':
      return (await acceptEvents(pool, candidates, { ...filterResults, ...options })) ?? 'rules_changed';
    case 'none': {
      const { eventIds, webhookIds } = filterResults;
      return (await acceptEvents(pool, candidates, { eventIds, webhookIds, ...options })) ?? 'rules_changed';
    }
  }
}
