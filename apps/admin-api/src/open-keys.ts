import type { HashingSealer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import {
  KEY_REPORT_INTERVAL_MS,
  openHashingSealer,
  openPayloadKeys,
  openSealer,
  type PayloadKeys,
  registerKey,
} from '@posthorn/database/encryption';
import { ensureNotificationKey } from '@posthorn/database/settings';
import { connectSmtp } from '@posthorn/email';
import { createTasks, type ServiceContext } from '@posthorn/runtime';
import { type ApiConfig, assertSeparateKeys, emailSettings, payloadSettings } from '@posthorn/runtime/config';
import type { Email } from './notifications/deps.js';

/** Opens what is sealed with the configured keys, and reports regularly that they are in use. */
export async function openKeys(
  { config, logger, registry, parts }: ServiceContext<ApiConfig>,
  pool: Pool,
): Promise<{ sealer: HashingSealer; payloadKeys: PayloadKeys; email: Email | null }> {
  assertSeparateKeys(config);
  const payloads = payloadSettings(config);
  const sealer = await openHashingSealer(pool, config.encryptionKeys);
  const tasks = await parts.open(createTasks({ logger, registry }));
  tasks.run('register_keys', KEY_REPORT_INTERVAL_MS, () => registerKey(pool, 'encryption', sealer));
  const payloadKeys = await openPayloadKeys(pool, payloads);
  const email = await openEmail(config, pool);
  if (payloadKeys.encrypts || email)
    tasks.run('register_payload_keys', KEY_REPORT_INTERVAL_MS, () => payloadKeys.register());
  return { sealer, payloadKeys, email };
}

/** Returns how emails are sent; null if none are. */
async function openEmail(config: ApiConfig, pool: Pool): Promise<Email | null> {
  const email = emailSettings(config);
  if (email === null) return null;
  const { smtp, operatorEmails, payloadKeys } = email;
  const sealer = await openSealer(pool, 'payload', payloadKeys);
  const key = await ensureNotificationKey(pool, sealer);
  return { smtp: connectSmtp(smtp), from: smtp.from, operatorEmails, key };
}
