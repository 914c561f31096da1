// The restore of a backup from before the purge of a tenant, as docs/data-protection.md describes it.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import type { EncryptionKeys } from '../src/encryption/open-sealer.js';
import { openPayloadKeys } from '../src/encryption/payload-keys.js';
import { acceptEvents } from '../src/events/accept-events.js';
import { findEvent } from '../src/events/events.js';
import { ensureNotificationKey } from '../src/settings/settings.js';
import { startProcess } from './fixtures/payload-process.js';
import { addTenant, newEvent } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';
import { newKeys } from './fixtures/sealed-rows.js';

const db = useDatabase();

const DOCS = path.resolve(import.meta.dirname, '../../../docs/data-protection.md');

/** Returns the statements of the page, with saved rows in place of the files. */
async function restoringStatements(saved: Record<string, object[]>): Promise<string> {
  const [, script = ''] =
    /```sql\n(CREATE TEMPORARY TABLE saved_key[^`]+)```/.exec(await readFile(DOCS, 'utf8')) ?? [];
  // The connection may have those of another test.
  return `DROP TABLE IF EXISTS saved_key, saved_setting;
${script}`.replace(/^\\copy (\w+) FROM .*$/gm, (_line, table: string) => {
    const rows = JSON.stringify(saved[table]).replaceAll("'", "''");
    return `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, '${rows}');`;
  });
}

it('opens the payloads of other tenants with the data keys of the running database, and not those of the purged one', async () => {
  const keys = newKeys();
  const before = startProcess(db.pool, keys.before);
  await before.register();
  const notificationKey = await ensureNotificationKey(db.pool, keys.before);
  const [kept, purged] = [await addTenant(db.pool), await addTenant(db.pool)];
  const events = [newEvent({ tenantId: kept }), newEvent({ tenantId: purged })] as const;
  await acceptEvents(db.pool, events, { eventIds: [], webhookIds: [], revisions: [], payloadKeys: before });

  // The running database after the purge and the rotation, which also has a tenant that the backup does not know.
  const reseal = (sealed: string, context: string) =>
    keys.after.seal(keys.before.open(sealed, context), context);
  const { rows } = await db.pool.query(
    'SELECT id, tenant_id, month::text, sealed_key FROM payload_key WHERE tenant_id = $1',
    [kept],
  );
  const running = rows.map(({ sealed_key, ...row }) =>
    Object.assign(row, { sealed_key: reseal(sealed_key, `payload_key:${kept}:${row.month}`) }),
  );
  const { rows: settings } = await db.pool.query(`SELECT * FROM setting WHERE key = 'notification_key'`);
  const saved_setting = settings.map(({ key, value }) => ({ key, value: reseal(value, `setting:${key}`) }));
  const saved_key = [...running, { ...running[0], id: newId(), tenant_id: newId() }];

  // The key of the backup is destroyed.
  await expect(openPayloadKeys(db.pool, { keys: [keys.next], encrypts: true })).rejects.toThrow(
    'lacks the key',
  );
  await db.pool.query(await restoringStatements({ saved_key, saved_setting }));
  const restored = await openPayloadKeys(db.pool, { keys: [keys.next], encrypts: true });
  const read = ({ id, tenantId }: (typeof events)[number]) =>
    findEvent(db.prisma, { id, tenantId }, restored);
  expect(await read(events[0])).toMatchObject({ body: events[0].body, isErased: false });
  expect(await read(events[1])).toMatchObject({ body: null, isErased: true });
  expect(await ensureNotificationKey(db.pool, keys.after)).toEqual(notificationKey);
});

it('requires both payload keys if the data keys were saved during a rotation', async () => {
  const keys = newKeys();
  const saved_key: { id: string }[] = [];
  for (const sealer of [keys.before, keys.after]) {
    const tenantId = await addTenant(db.pool);
    await startProcess(db.pool, sealer).forPayloads([tenantId]);
    const { rows } = await db.pool.query<{ id: string }>('SELECT * FROM payload_key WHERE tenant_id = $1', [
      tenantId,
    ]);
    saved_key.push(...rows);
  }
  await db.pool.query(await restoringStatements({ saved_key, saved_setting: [] }));
  const start = (...payloadKeys: EncryptionKeys) =>
    openPayloadKeys(db.pool, { keys: payloadKeys, encrypts: true });
  await expect(start(keys.next)).rejects.toThrow(
    new RegExp(`^POSTHORN_PAYLOAD_KEY lacks the key ${keys.before.keyId}, [^\\n]+$`),
  );
  await start(keys.next, keys.old);
  await expect(start(keys.next)).rejects.toThrow('lacks the key');
  // A damaged one is known to be readable by no key, and the others are needed.
  await db.pool.query(`UPDATE payload_key SET sealed_key = 'damaged' WHERE id = $1`, [saved_key[0]?.id]);
  await start(keys.next);
});
