import type { Sealer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import {
  countSealed,
  type KeyPurpose,
  listRegisteredKeys,
  opensKey,
  type RegisteredKey,
  type SealedCount,
  type SealedKind,
} from '@posthorn/database/encryption';

/** The sealers of the configured keys. */
export type Sealers = Partial<Record<KeyPurpose, Sealer>>;

/** A key that is configured, or that values are sealed with. */
export interface KeyState {
  purpose: KeyPurpose;
  keyId: string;
  /** `seals`: the first of its setting; `opens`: another one; `missing`: not configured, or another key with the same id. */
  role: 'seals' | 'opens' | 'missing';
  /** Whether it is needed to open what is stored, or may be. */
  needed: boolean;
  /** Whether a process that seals with it runs. */
  inUse: boolean;
  /** The number of values that it has sealed. */
  values: Partial<Record<SealedKind, number>>;
}

/** Returns the keys of each purpose that is configured, as configured, then the missing ones. */
export async function readKeyStates(pool: Pool, sealers: Sealers): Promise<KeyState[]> {
  const found = { registered: await listRegisteredKeys(pool), counts: await countSealed(pool) };
  return PURPOSES.flatMap((purpose) => {
    const sealer = sealers[purpose];
    return sealer ? statesOf(purpose, sealer, found) : [];
  });
}

const PURPOSES = ['encryption', 'payload'] as const;

function statesOf(
  purpose: KeyPurpose,
  sealer: Sealer,
  { registered, counts }: { registered: RegisteredKey[]; counts: SealedCount[] },
): KeyState[] {
  const keys = registered.filter((key) => key.purpose === purpose);
  const sealed = counts.filter((count) => count.purpose === purpose);
  const ids = [...sealer.keyIds, ...keys.map(({ id }) => id), ...sealed.map(({ keyId }) => keyId)];
  return Array.from(new Set(ids), (keyId): KeyState => {
    const key = keys.find(({ id }) => id === keyId);
    const values = sealed.filter((count) => count.keyId === keyId);
    return {
      purpose,
      keyId,
      role: roleOf(sealer, keyId, key),
      needed: key !== undefined || values.length > 0,
      inUse: key?.isInUse ?? false,
      values: Object.fromEntries(values.map(({ kind, count }) => [kind, count])),
    };
  });
}

function roleOf(sealer: Sealer, keyId: string, key: RegisteredKey | undefined): KeyState['role'] {
  if (!sealer.keyIds.includes(keyId) || (key && !opensKey(sealer, key))) return 'missing';
  return keyId === sealer.keyId ? 'seals' : 'opens';
}

/** Returns as in `3 secrets, 1 setting`. */
export function valuesText({ values }: KeyState): string {
  const counts = Object.entries(values).map(
    ([kind, count]) => `${count} ${count === 1 ? kind.slice(0, -1) : kind}`,
  );
  return counts.length === 0 ? 'nothing' : counts.join(', ');
}
