import type { ListedPortalLinkResponse } from '@posthorn/contract';
import { encodeId, PORTAL_FEATURES, type Role } from '@posthorn/core';
import type { PortalLinkRecord } from '@posthorn/database/access/prisma';
import type { Caller } from '../access/authenticate.js';
import { timeOrNull } from '../http/page.js';
import { encodeHolderId } from '../access/holder-id.js';

/** Serializes a portal link. It expires with the key or person that created it, if that is earlier. */
export function serializePortalLink(
  { id, tenantId, parent, role, portalFeatures, createdAt, expiresAt, revokedAt }: PortalLinkRecord,
  caller: Pick<Caller, 'tenantId'>,
): ListedPortalLinkResponse {
  if (tenantId === null || expiresAt === null || parent === null)
    throw new Error('A portal link has a tenant, an end and a creator');
  const seesParent = caller.tenantId === null || caller.tenantId === parent.tenantId;
  const ends = [expiresAt, parent.expiresAt ?? expiresAt].map((time) => time.getTime());
  return {
    id: encodeId('apiKey', id),
    tenantId: encodeId('tenant', tenantId),
    createdBy: seesParent ? encodeHolderId(parent) : null,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the column has no other values
    role: role as Role,
    features: PORTAL_FEATURES.filter((feature) => portalFeatures.includes(feature)),
    createdAt: createdAt.toISOString(),
    expiresAt: new Date(Math.min(...ends)).toISOString(),
    revokedAt: timeOrNull(revokedAt ?? parent.revokedAt),
  };
}
