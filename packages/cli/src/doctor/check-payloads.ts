import type { Pool } from '@posthorn/database/connection';
import { countDataKeys, KEY_SETTINGS } from '@posthorn/database/encryption';
import { error, type Finding, ok, warning } from './finding.js';

const CHECK = 'payloads';

/** How payloads are stored, as it is configured here. */
export interface PayloadStorage {
  hasKey: boolean;
  encrypts: boolean;
}

/** Checks whether payloads are encrypted, and can be read. */
export async function checkPayloads(pool: Pool, { hasKey, encrypts }: PayloadStorage): Promise<Finding> {
  const { keys, tenants } = await countDataKeys(pool);
  const stored = `${keys} data keys of ${tenants} tenants`;
  if (keys > 0 && !hasKey)
    return error(
      CHECK,
      `Some are encrypted with ${stored}, and ${KEY_SETTINGS.payload} is not set`,
      `Set ${KEY_SETTINGS.payload}. No process starts without it.`,
    );
  if (encrypts) return ok(CHECK, `Payloads, responses and search values are encrypted: ${stored}`);
  if (keys === 0) return ok(CHECK, 'Stored in plain text');
  return warning(
    CHECK,
    `New ones are stored in plain text; earlier ones are encrypted: ${stored}`,
    'Set POSTHORN_ENCRYPT_PAYLOADS=true for all processes, unless you have switched it off.',
  );
}
