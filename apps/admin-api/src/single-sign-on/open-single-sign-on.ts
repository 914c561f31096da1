import type { HashingSealer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { recheckPeople } from '@posthorn/database/people/prisma';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import { createTasks, refreshCounter, type ServiceContext } from '@posthorn/runtime';
import { type ApiConfig, singleSignOnSettings } from '@posthorn/runtime/config';
import { IdentityProvider } from './identity-provider.js';
import { SessionRefresh } from './session-refresh.js';
import type { SingleSignOn } from './single-sign-on.js';

const INTERVALS = { intervalMs: 500, maxIntervalMs: 5000 };

/** Opens single sign-on, and confirms sessions now and regularly. Returns null if it is not configured: nobody has access with it then. */
export async function openSingleSignOn(
  { config, logger, registry, parts }: Omit<ServiceContext<ApiConfig>, 'group' | 'tracing'>,
  { pools, changes }: { pools: { main: Pool }; changes: PrismaDb },
  sealer: HashingSealer,
): Promise<SingleSignOn | null> {
  const settings = singleSignOnSettings(config);
  const count = refreshCounter(registry);
  await recheckPeople(changes, settings?.issuer ?? null);
  if (settings === null) return null;
  const singleSignOn = { settings, provider: new IdentityProvider(settings) };
  const refresh = await parts.open(
    new SessionRefresh({ singleSignOn, pool: pools.main, changes, sealer, logger, count }),
  );
  const tasks = await parts.open(createTasks({ logger, registry }));
  tasks.run('refresh_sessions', INTERVALS, () => refresh.run());
  return singleSignOn;
}
