import { createSealer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import {
  countRemaining,
  type EncryptionKeys,
  KEY_SETTINGS,
  type KeyPurpose,
  rotateKeys,
} from '@posthorn/database/encryption';
import type { Output } from '../output/output.js';
import { type RotationBar, rotationBar } from './rotation-bar.js';

/** What a rotation has done. */
interface Rotated {
  purpose: KeyPurpose;
  keyId: string;
  /** The number of values that were sealed again. */
  resealed: number;
  /** The configured keys that are not needed any more. */
  unneeded: string[];
}

/** Seals everything of a purpose with its first key, with a progress bar. */
export async function rotate(
  pool: Pool,
  { purpose, keys }: { purpose: KeyPurpose; keys: EncryptionKeys },
  output: Output,
): Promise<Rotated> {
  const sealer = createSealer(...keys);
  const rotation = { pool, purpose, sealer };
  const total = await countRemaining(rotation);
  let bar: RotationBar | undefined;
  const noted = new Set<string>();
  let resealed = 0;
  try {
    for await (const step of rotateKeys(rotation)) {
      if (step.kind === 'resealed') {
        resealed += step.count;
        if (!output.json) bar ??= rotationBar(total);
        // More may have been sealed meanwhile.
        bar?.setTotal(Math.max(total, resealed));
        bar?.update(resealed);
      }
      if (step.kind === 'waiting')
        for (const keyId of step.keyIds.filter((id) => !noted.has(id))) {
          noted.add(keyId);
          output.note(`Waiting up to a minute until no process seals with the key ${keyId}`);
        }
    }
  } finally {
    bar?.stop();
  }
  return { purpose, keyId: sealer.keyId, resealed, unneeded: sealer.keyIds.slice(1) };
}

export function rotatedText({ purpose, keyId, resealed, unneeded }: Rotated): string {
  const setting = KEY_SETTINGS[purpose];
  const changed = resealed === 1 ? '1 value was' : `${resealed} values were`;
  const done = `Everything is sealed with the key ${keyId} of ${setting}; ${changed} sealed again.`;
  if (unneeded.length === 0) return done;
  return `${done} Remove ${unneeded.join(', ')} from ${setting} in all processes.`;
}
