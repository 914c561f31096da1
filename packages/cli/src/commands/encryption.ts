import { createSealer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { Command } from 'commander';
import type { KeyState } from '../encryption/key-states.js';
import { addGroup, examples } from '../command/help.js';
import { outputOf } from '../output/output.js';
import { table } from '../output/text.js';
import { readServiceSettings } from '../command/service-settings.js';

/** Adds `encryption`, for operators with access to the database and the keys. */
export function addEncryption(program: Command): void {
  const group = addGroup(program, 'encryption', 'Rotate the keys that encrypt secrets at rest');
  addRotate(group);
  addStatus(group);
}

const SETTINGS = 'needs DATABASE_URL, POSTHORN_ENCRYPTION_KEY and, if it is used, POSTHORN_PAYLOAD_KEY';

function addRotate(group: Command): void {
  group
    .command('rotate')
    .description(`Encrypt everything with the first key, while Posthorn runs (${SETTINGS})`)
    .addHelpText(
      'after',
      `
Before it, start all processes with "old,new", then all with "new,old": see "Rotate the encryption key" in docs/runbook.md. It can be
interrupted and run again. Afterward, no process needs the old key.
${examples('posthorn encryption rotate')}`,
    )
    .action(async (_flags: object, command: Command) => {
      const { rotate, rotatedText } = await import('../encryption/rotate.js');
      const output = outputOf(command);
      await withDatabase(async (pool, { encryptionKeys, payloadKeys }) => {
        const rotated = [await rotate(pool, { purpose: 'encryption', keys: encryptionKeys }, output)];
        if (payloadKeys !== null)
          rotated.push(await rotate(pool, { purpose: 'payload', keys: payloadKeys }, output));
        output.result({ data: rotated }, () => rotated.map(rotatedText).join('\n'));
      });
    });
}

function addStatus(group: Command): void {
  group
    .command('status')
    .description(`Count what each key has encrypted (${SETTINGS})`)
    .addHelpText('after', examples('posthorn encryption status'))
    .action(async (_flags: object, command: Command) => {
      const { readKeyStates, valuesText } = await import('../encryption/key-states.js');
      await withDatabase(async (pool, { encryptionKeys, payloadKeys }) => {
        const states = await readKeyStates(pool, {
          encryption: createSealer(...encryptionKeys),
          ...(payloadKeys && { payload: createSealer(...payloadKeys) }),
        });
        const columns = {
          purpose: ({ purpose }: KeyState) => purpose,
          key: ({ keyId }: KeyState) => keyId,
          role: ({ role }: KeyState) => role,
          'has sealed': valuesText,
          'in use': ({ inUse }: KeyState) => (inUse ? 'yes' : 'no'),
          needed: ({ needed }: KeyState) => (needed ? 'yes' : 'no'),
        };
        outputOf(command).result({ data: states }, () => table(states, columns, 'No keys'));
      });
    });
}

/** Counting reads all webhooks, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 60_000;

async function withDatabase(
  work: (pool: Pool, settings: Awaited<ReturnType<typeof readKeySettings>>) => Promise<void>,
): Promise<void> {
  const settings = await readKeySettings();
  const { connect } = await import('@posthorn/database/connection');
  const database = connect({
    url: settings.databaseUrl,
    applicationName: 'posthorn encryption',
    max: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  try {
    await work(database.pool, settings);
  } finally {
    await database.stop();
  }
}

async function readKeySettings() {
  const { allConfig } = await import('@posthorn/runtime/config');
  const { databaseUrl, encryptionKeys, payloadKeys } = allConfig;
  return readServiceSettings({ databaseUrl, encryptionKeys, payloadKeys });
}
