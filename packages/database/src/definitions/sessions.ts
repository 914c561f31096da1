import { type Actor, newId } from '@posthorn/core';
import type { ApiKey } from '../generated/client.js';
import { keyColumns } from './api-keys.js';
import { audit } from './audit.js';
import type { Definitions } from './client.js';
import type { KnownKey } from './find-api-keys.js';

/** Stores a session of a key, given as text, that may do what the key may. It ends at `expiresAt`, or with the key. */
export async function createSession(
  definitions: Definitions,
  key: KnownKey,
  session: { token: string; expiresAt: Date },
  actor: Actor,
): Promise<ApiKey> {
  const { tenantId, name, scopes } = key;
  const { token, expiresAt } = session;
  const columns = keyColumns({ id: newId(), key: token, tenantId, name, scopes, expiresAt });
  return definitions.$transaction(async (transaction) => {
    const created = await transaction.apiKey.create({
      data: { ...columns, kind: 'session', parentId: key.id },
    });
    await audit(transaction, actor, {
      action: 'session.created',
      tenantId,
      target: created.id,
      before: null,
      after: { expiresAt: expiresAt.toISOString() },
    });
    return created;
  });
}

/** Ends a session, or a link to the portal, for good. */
export async function endSession(
  definitions: Definitions,
  { id, tenantId, expiresAt }: KnownKey,
  actor: Actor,
): Promise<void> {
  await definitions.$transaction(async (transaction) => {
    const { count } = await transaction.apiKey.deleteMany({ where: { id, kind: { not: 'key' } } });
    if (count === 0) return;
    await audit(transaction, actor, {
      action: 'session.ended',
      tenantId,
      target: id,
      before: { expiresAt: expiresAt?.toISOString() },
      after: null,
    });
  });
}
