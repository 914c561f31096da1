import type { Request } from 'express';
import { z } from 'zod';
import { portalSettings, type PortalSettings } from '@posthorn/contract';
import { decodeId, groupCommit } from '@posthorn/core';
import { findPortalSettings } from '@posthorn/database/access';
import type { Pool } from '@posthorn/database/connection';

const settingsSchema = z.object(portalSettings);

/** Returns the settings of the portal link that a page names, or null for a page of the dashboard. */
export type ReadPortalSettings = (request: Request) => Promise<PortalSettings | null>;

/** Concurrent pages share one query. An unknown link has no settings, and its page reports that it is not valid. */
export function createPortalSettingsReader(pool: Pool, timeoutMs: number): ReadPortalSettings {
  const find = groupCommit((ids: string[]) => findPortalSettings(pool, ids), { timeout: { ms: timeoutMs } });
  return async ({ path, query }) => {
    if (path !== '/portal' && !path.startsWith('/portal/')) return null;
    const { link } = query;
    const id = typeof link === 'string' ? decodeId('apiKey', link) : null;
    return id === null ? {} : settingsSchema.parse((await find(id)) ?? {});
  };
}
