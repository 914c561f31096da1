import type { QuarantineResponse } from '@posthorn/contract';
import { PosthornError } from '@posthorn/core';
import { countRunningErasures, readQuarantinedAt } from '@posthorn/database/restores';
import type { Handler } from '../calls/handler.js';
import { timeOrNull } from '../http/page.js';
import type { QuarantineDeps } from './deps.js';

export const getQuarantine: Handler<'getQuarantine', QuarantineDeps> = async (_request, deps) => ({
  status: 200,
  body: await readQuarantine(deps),
});

export const releaseQuarantine: Handler<'releaseQuarantine', QuarantineDeps> = async (
  { actor, body },
  deps,
) => {
  const running = await countRunningErasures(deps.pool);
  if (running > 0 && !body.force)
    throw new PosthornError('invalid_state', { detail: `${running} erasures are running` });
  if (!(await release(deps, actor)))
    throw new PosthornError('invalid_state', { detail: 'The database is not quarantined' });
  return { status: 200, body: await readQuarantine(deps) };
};

/** @throws PosthornError while Redis is unavailable */
async function release(
  { quarantine }: Pick<QuarantineDeps, 'quarantine'>,
  actor: Parameters<QuarantineDeps['quarantine']['release']>[0],
): Promise<boolean> {
  try {
    return await quarantine.release(actor);
  } catch (cause) {
    throw new PosthornError('unavailable', { detail: 'PostgreSQL or Redis is unavailable', cause });
  }
}

async function readQuarantine({
  pool,
  quarantine,
}: Pick<QuarantineDeps, 'pool' | 'quarantine'>): Promise<QuarantineResponse> {
  const since = await readQuarantinedAt(pool);
  return {
    status: since === null && quarantine.state === 'quarantined' ? 'unknown' : quarantine.state,
    since: timeOrNull(since),
    runningErasures: await countRunningErasures(pool),
  };
}
