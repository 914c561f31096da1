import { type AcceptedEvent, acceptEvents, acceptEventsWithoutRules, type Pool } from '@posthorn/database';
import type { Evaluation } from './evaluate.js';

/**
 * The check that the statement which stores the events makes: that no rules apply to them, that no filter has changed
 * since it was read, or none. Without a check, a filter that was not evaluated matches no event.
 */
export type RuleVerification = 'no_rules' | 'filters_unchanged' | 'none';

/**
 * Stores the candidates of an evaluation and creates their deliveries, in one transaction.
 * @returns the events that are new, or `rules_changed` when the verification failed; then nothing is stored
 */
export async function commitEvaluation(
  pool: Pool,
  { candidates, filterResults }: Evaluation,
  { verification, timeoutMs }: { verification: RuleVerification; timeoutMs: number | null },
): Promise<AcceptedEvent[] | 'rules_changed'> {
  switch (verification) {
    case 'no_rules':
      return (await acceptEventsWithoutRules(pool, candidates, { timeoutMs })) ?? 'rules_changed';
    case 'filters_unchanged':
      return (await acceptEvents(pool, candidates, { ...filterResults, timeoutMs })) ?? 'rules_changed';
    case 'none': {
      const { eventIds, webhookIds } = filterResults;
      return acceptEvents(pool, candidates, { eventIds, webhookIds, timeoutMs });
    }
  }
}
