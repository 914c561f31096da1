import type { SigningKeyResponse } from '@posthorn/contract';
import { encodeId, idTimeMs, type SealedEd25519Key } from '@posthorn/core';

export function serializeSigningKey({ id, publicKey, expiresAt }: SealedEd25519Key): SigningKeyResponse {
  return {
    id: encodeId('signingKey', id),
    publicKey,
    createdAt: new Date(idTimeMs(id)).toISOString(),
    endsAt: expiresAt,
  };
}
