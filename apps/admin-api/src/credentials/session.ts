import type { SessionResponse } from '@posthorn/contract';
import { type ApiKeyKind, encodeId, MAX_SESSION_MS, newApiKey, newId, PosthornError } from '@posthorn/core';
import { createSessionKey, deleteDerivedKey } from '@posthorn/database/access/prisma';
import { extendPersonSession, findPersonEmail } from '@posthorn/database/people';
import { findTenantNames } from '@posthorn/database/tenants/prisma';
import { isAttestationOpen } from '../webhooks/attestation.js';
import { type Caller, hasScope, seesAllTenants } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import { clearSessionCookie, setSessionCookie } from '../http/session-cookie.js';
import { timeOrNull } from '../http/page.js';
import { encodeHolderId } from '../access/holder-id.js';
import type { CredentialDeps } from './deps.js';
import { serializeScopes, serializeTenantId, serializeTenantIds } from './api-key.js';

const HOLDER_KINDS = {
  key: 'apiKey',
  session: 'apiKey',
  person: 'person',
  portal: 'portalLink',
} as const satisfies Record<ApiKeyKind, string>;

export const createSession: Handler<'createSession', CredentialDeps> = async (
  { caller, actor, isSecure },
  deps,
) => {
  if (!deps.keySignIn) throw new PosthornError('key_sign_in_disabled');
  const longest = new Date(Date.now() + MAX_SESSION_MS);
  const expiresAt = caller.expiresAt && caller.expiresAt < longest ? caller.expiresAt : longest;
  const key = newApiKey('session');
  const { id: parentId, tenantId, name } = caller;
  const session = { id: newId(), kind: 'session', parentId, key, tenantId, name, expiresAt } as const;
  await deps.change({ caller }, (prisma) => createSessionKey(prisma, session, actor));
  return {
    status: 200,
    body: await serializeSession(caller, deps, expiresAt),
    headers: { 'set-cookie': setSessionCookie(key, expiresAt, isSecure()) },
  };
};

export const getSession: Handler<'getSession', CredentialDeps> = async ({ caller }, deps) => ({
  status: 200,
  body: await serializeSession(caller, deps),
});

export const deleteSession: Handler<'deleteSession', CredentialDeps> = async (
  { caller, actor, isSecure },
  { change },
) => {
  const { kind } = caller;
  if (kind === 'key')
    throw new PosthornError('invalid_state', {
      detail: 'An API key has no session to end; revoke the key instead',
    });
  await change({ caller, resource: caller.id }, (prisma) =>
    deleteDerivedKey(prisma, { ...caller, kind }, actor),
  );
  return { status: 204, body: null, headers: { 'set-cookie': clearSessionCookie(isSecure()) } };
};

/** Extends a session of a person. Polling by an open page does not. */
export const keepSession: Handler<'keepSession', CredentialDeps> = async ({ caller }, { change }) => {
  if (caller.parent?.kind === 'person' && caller.kind === 'session')
    await change({ caller, resource: caller.id }, (prisma) => extendPersonSession(prisma, caller.id));
  return { status: 204, body: null };
};

/** Shows the API key or person behind a session. Portal links do not reveal the key that created them. */
async function serializeSession(
  caller: Caller,
  { prisma, attestationUntil, email }: Pick<CredentialDeps, 'prisma' | 'attestationUntil' | 'email'>,
  sessionExpiresAt = caller.expiresAt,
): Promise<SessionResponse> {
  const holder = caller.kind === 'session' && caller.parent ? caller.parent : caller;
  const { id, kind, name, prefix, expiresAt } = holder;
  return {
    holder: {
      kind: HOLDER_KINDS[kind],
      id: encodeHolderId(holder),
      name,
      prefix: kind === 'person' ? null : prefix,
      email: kind === 'person' ? await findPersonEmail(prisma, id) : null,
      role: caller.role,
      scopes: serializeScopes(caller.scopes),
      tenantId: serializeTenantId(caller.tenantId),
      tenantIds: serializeTenantIds(caller.tenantIds),
      expiresAt: kind === 'person' ? null : timeOrNull(expiresAt),
    },
    tenants: caller.tenantIds && (await namesOf(caller.tenantIds, prisma)),
    portalFeatures: caller.portalFeatures,
    emailEnabled: email !== null,
    attestationUntil: timeOrNull(
      mayAttest(caller) && isAttestationOpen(attestationUntil) ? attestationUntil : null,
    ),
    expiresAt: timeOrNull(sessionExpiresAt),
  };
}

async function namesOf(tenantIds: readonly string[], prisma: CredentialDeps['prisma']) {
  const tenants = await findTenantNames(prisma, tenantIds);
  return tenants.map(({ id, name }) => ({ id: encodeId('tenant', id), name }));
}

const mayAttest = (caller: Caller): boolean => seesAllTenants(caller) && hasScope(caller, 'admin');
