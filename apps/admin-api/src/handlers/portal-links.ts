import type { PortalTheme } from '@posthorn/contract';
import { newApiKey, type Scope } from '@posthorn/core';
import { createPortalKey } from '@posthorn/database/prisma';
import { countedIn } from '../changes.js';
import type { Handler } from '../http/handler.js';
import { linkOrigin } from '../link-origin.js';
import { requireTenant } from '../tenancy.js';

const READ: readonly Scope[] = ['webhooks:read', 'events:read', 'deliveries:read'];
const READ_AND_CHANGE: readonly Scope[] = [...READ, 'webhooks:write', 'deliveries:write'];

const MINUTE_MS = 60_000;

export const createPortalLink: Handler<'createPortalLink'> = async (
  { caller, actor, origin, body },
  { prisma, change, publicOrigin, defaultQuotas },
) => {
  const base = linkOrigin(publicOrigin, origin());
  const tenantId = await requireTenant(prisma, caller, body.tenantId);
  const requested = new Date(Date.now() + body.expiresInMinutes * MINUTE_MS);
  const expiresAt = caller.expiresAt && caller.expiresAt < requested ? caller.expiresAt : requested;
  const key = newApiKey('portal');
  const link = {
    kind: 'portal',
    parentId: caller.parent?.id ?? caller.id,
    key,
    tenantId,
    name: 'portal',
    scopes: body.readOnly ? READ : READ_AND_CHANGE,
    expiresAt,
    defaultQuota: defaultQuotas.portalLinks,
  } as const;
  await change({ caller, ...countedIn(tenantId) }, (db) => createPortalKey(db, link, actor));
  return {
    status: 201,
    body: { url: `${base}/portal#${fragment(key, body.theme)}`, expiresAt: expiresAt.toISOString() },
  };
};

/** Returns the fragment of the link. A fragment stays in the browser: it does not appear in requests, logs or referrers. */
function fragment(token: string, theme: PortalTheme | undefined): string {
  if (theme === undefined) return `token=${token}`;
  return `token=${token}&theme=${Buffer.from(JSON.stringify(theme)).toString('base64url')}`;
}
