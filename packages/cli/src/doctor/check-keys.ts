import type { Pool } from '@posthorn/database/connection';
import { KEY_SETTINGS, type KeyPurpose } from '@posthorn/database/encryption';
import { type KeyState, readKeyStates, type Sealers, valuesText } from '../encryption/key-states.js';
import { error, errorMessage, type Finding, ok, unknown, warning } from './finding.js';

const CHECKS: Record<KeyPurpose, string> = { encryption: 'encryption key', payload: 'payload key' };

/** Checks that the configured keys open what is stored, and which of them are needed. */
export async function checkKeys(pool: Pool, sealers: Sealers): Promise<Finding[]> {
  try {
    return (await readKeyStates(pool, sealers)).map(checkKey);
  } catch (failure) {
    const advice = 'Run `posthorn encryption status`, which waits longer.';
    return [unknown(CHECKS.encryption, `Values are not counted: ${errorMessage(failure)}`, advice)];
  }
}

function checkKey(state: KeyState): Finding {
  const check = CHECKS[state.purpose];
  const setting = KEY_SETTINGS[state.purpose];
  const sealed = `has sealed ${valuesText(state)}`;
  switch (state.role) {
    case 'missing':
      return error(
        check,
        `${setting} lacks the key ${state.keyId}, which ${sealed}`,
        `Add the key ${state.keyId} to ${setting}. No process starts without it.`,
      );
    case 'seals':
      return ok(check, `${state.keyId} ${sealed}`);
    case 'opens':
      if (state.needed)
        return warning(
          check,
          `${state.keyId} is still needed: it ${sealed}`,
          'Run `posthorn encryption rotate` when all processes have the new key first.',
        );
      return ok(
        check,
        `${state.keyId} is not needed: nothing is sealed with it. A rotation may begin or have ended`,
      );
  }
}
