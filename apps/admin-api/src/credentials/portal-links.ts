import { encodeId, newApiKey, newId, PORTAL_FEATURES, PosthornError } from '@posthorn/core';
import {
  createPortalKey,
  listPortalLinks as readPortalLinks,
  revokePortalLink as endPortalLink,
} from '@posthorn/database/access/prisma';
import { countedIn } from '../calls/changes.js';
import type { Caller } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import type { CredentialDeps } from './deps.js';
import { linkOrigin } from './link-origin.js';
import { serializePage } from '../http/page.js';
import { serializePortalLink } from './portal-link.js';
import { listedTenantOrAll, requireTenant } from '../access/tenancy.js';

const MINUTE_MS = 60_000;

export const createPortalLink: Handler<'createPortalLink', CredentialDeps> = async (
  { caller, actor, origin, body },
  { prisma, change, publicOrigin, defaultQuotas },
) => {
  const { expiresInMinutes, role, features: allowed, tenantId: tenant, ...settings } = body;
  const base = linkOrigin(publicOrigin, origin());
  const tenantId = await requireTenant(prisma, caller, tenant);
  const requested = new Date(Date.now() + expiresInMinutes * MINUTE_MS);
  const latest = latestEnd(caller);
  const expiresAt = latest && latest < requested ? latest : requested;
  const id = newId();
  const key = newApiKey('portal');
  const features = PORTAL_FEATURES.filter((feature) => allowed[feature]);
  const link = {
    id,
    kind: 'portal',
    parentId: caller.parent?.id ?? caller.id,
    key,
    tenantId,
    name: 'portal',
    role,
    features,
    settings,
    expiresAt,
    defaultQuota: defaultQuotas.portalLinks,
  } as const;
  await change({ caller, ...countedIn(tenantId) }, (db) => createPortalKey(db, link, actor));
  // A fragment stays in the browser: it does not appear in requests, logs or referrers.
  const url = `${base}/portal?link=${encodeId('apiKey', id)}#token=${key}`;
  return { status: 201, body: { id: encodeId('apiKey', id), url, expiresAt: expiresAt.toISOString() } };
};

/** A link ends with the key or session that creates it. The session of a person is short, and may end before the work with the link does. */
const latestEnd = ({ expiresAt, parent }: Caller): Date | null =>
  parent?.kind === 'person' ? parent.expiresAt : expiresAt;

export const listPortalLinks: Handler<'listPortalLinks', CredentialDeps> = async (
  { caller, query },
  { prisma },
) => {
  const tenantId = await listedTenantOrAll(prisma, caller, query.tenantId);
  const links = await readPortalLinks(prisma, tenantId, query);
  return { status: 200, body: serializePage(links, (link) => serializePortalLink(link, caller)) };
};

export const revokePortalLink: Handler<'revokePortalLink', CredentialDeps> = async (
  { caller, actor, params },
  { change },
) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const isFound = await change({ caller, resource: params.id }, (prisma) =>
    endPortalLink(prisma, target, actor),
  );
  if (!isFound) throw new PosthornError('not_found', { detail: 'Portal link not found' });
  return { status: 204, body: null };
};
