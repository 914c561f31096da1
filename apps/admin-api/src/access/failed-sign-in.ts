import { type Actor, SYSTEM } from '@posthorn/core';
import { recordRepeated } from '@posthorn/database/audit';
import type { Pool } from '@posthorn/database/connection';

const MINUTE_MS = 60_000;

/** The name of an actor that is not known. */
const UNKNOWN = 'unknown';

/** A failed sign-in with single sign-on. */
interface FailedSingleSignOn {
  reason: string;
  /** The name of the person, if the identity provider has confirmed it. */
  person: string | null;
}

/**
 * Records a failed sign-in to the dashboard: the first one of an address, person and minute at once, the others with their number afterwards.
 * @param failure null for a sign-in with an API key
 */
export async function recordFailedSignIn(
  pool: Pool,
  { requestId, clientAddress }: Pick<Actor, 'requestId' | 'clientAddress'>,
  failure: FailedSingleSignOn | null = null,
): Promise<void> {
  const { text, values } = recordRepeated({
    record: {
      action: 'sign_in.failed',
      tenantId: null,
      target: clientAddress ?? UNKNOWN,
      before: null,
      after: { ...(failure && { reason: failure.reason }), count: 1 },
    },
    actor: { ...SYSTEM, name: failure?.person ?? UNKNOWN, requestId, clientAddress },
    sameness: failure ? [clientAddress, failure.reason, failure.person] : [clientAddress],
    periodMs: MINUTE_MS,
    isCounted: true,
  });
  await pool.query(text, values);
}
