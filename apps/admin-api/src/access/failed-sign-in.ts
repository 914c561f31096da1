import { type Actor, SYSTEM } from '@posthorn/core';
import { type Pool, recordRepeated } from '@posthorn/database';

const MINUTE_MS = 60_000;

/** The name of an actor that is not known. */
const UNKNOWN = 'unknown';

/** Records a failed sign-in to the dashboard: the first one of an address and minute at once, the others with their number afterwards. */
export async function recordFailedSignIn(
  pool: Pool,
  { requestId, clientAddress }: Pick<Actor, 'requestId' | 'clientAddress'>,
): Promise<void> {
  const { text, values } = recordRepeated({
    record: {
      action: 'sign_in.failed',
      tenantId: null,
      target: clientAddress ?? UNKNOWN,
      before: null,
      after: { count: 1 },
    },
    actor: { ...SYSTEM, name: UNKNOWN, requestId, clientAddress },
    sameness: [clientAddress],
    periodMs: MINUTE_MS,
    isCounted: true,
  });
  await pool.query(text, values);
}
