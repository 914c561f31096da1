import { encodeId, groupBy, TOKEN_FAILURES } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { listTokenFailures } from '@posthorn/database/webhooks';
import { type Finding, warning } from './finding.js';

const MAX_FAILURES = 100;
const MAX_NAMED = 3;

/** Names the webhooks whose requests are not sent, because they get no access token. */
export async function checkTokens(pool: Pool): Promise<Finding[]> {
  const failures = await listTokenFailures(pool, MAX_FAILURES);
  return [...groupBy(failures, ({ code }) => code)].map(([code, webhooks]) => {
    const named = webhooks.slice(0, MAX_NAMED).map(({ webhookId }) => encodeId('webhook', webhookId));
    const others = webhooks.length > MAX_NAMED ? ` and ${webhooks.length - MAX_NAMED} others` : '';
    return warning(
      'access tokens',
      `${TOKEN_FAILURES[code]} (${code}): ${named.join(', ')}${others}`,
      'Check it with posthorn webhooks test-authentication.',
    );
  });
}
