// Keys and certificates that are in the database, but that would be refused today: only the deliveries of their webhook fail.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { certificateSealingContext, createSealer, DEFAULT_TENANT_ID, newId } from '@posthorn/core';
import { connect } from '@posthorn/database/connection';
import { createSender, type Sender } from '@posthorn/outbound';
import {
  createAuthority,
  type FreshDatabase,
  freshDatabase,
  type Receiver,
  startReceiver,
} from '@posthorn/testkit';
import { HOSTILE_CERTIFICATES } from '@posthorn/testkit/hostile-certificates';
import { HOSTILE_KEYS } from '@posthorn/testkit/hostile-keys';
import { deliveryTask } from '../fixtures/delivery-task.js';
import { createPipeline, insertWebhooks, permit, publish } from '../fixtures/pipeline.js';

const authority = createAuthority();
const sealer = createSealer(Buffer.alloc(32, 7));

let database: FreshDatabase;
let connection: ReturnType<typeof connect>;
let receiver: Receiver;
let sender: Sender;
beforeAll(async () => {
  receiver = await startReceiver({ tls: authority.issue('127.0.0.1') });
  sender = createSender({ allow: ['127.0.0.0/8'], http: false, ports: '*' }, { ca: authority.ca });
});
beforeEach(async () => {
  database = await freshDatabase();
  connection = connect({ url: database.url, applicationName: 'posthorn worker test' });
});
afterEach(async () => {
  await connection.stop();
  await database.drop();
});
afterAll(async () => {
  await sender.stop();
  await receiver.close();
});

interface Stored {
  kind: 'client' | 'ca';
  pem: string;
  key: string | null;
}

/** Stores certificates of a webhook without the checks of the API. */
async function storeCertificates(webhookId: string, { kind, pem, key }: Stored): Promise<void> {
  const id = newId();
  const keySealed = key === null ? null : sealer.seal(key, certificateSealingContext(id));
  await connection.pool.query(
    `INSERT INTO tls_certificate (id, tenant_id, webhook_id, kind, pem, key_sealed, details, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, '[]', now() + interval '1 day')`,
    [id, DEFAULT_TENANT_ID, webhookId, kind, pem, keySealed],
  );
  const column = kind === 'client' ? 'client_certificate_id' : 'ca_certificates_id';
  await connection.pool.query(`UPDATE webhook SET ${column} = $1 WHERE id = $2`, [id, webhookId]);
}

const client = authority.issue('posthorn.example');

it.each<[name: string, stored: Stored]>([
  ...Object.entries(HOSTILE_KEYS).map(
    ([name, key]) => [name, { kind: 'client', pem: client.cert, key }] satisfies [string, Stored],
  ),
  ...Object.entries(HOSTILE_CERTIFICATES).map(
    ([name, pem]) => [`an authority with ${name}`, { kind: 'ca', pem, key: null }] satisfies [string, Stored],
  ),
])('%s', async (_name, stored) => {
  const { pool } = connection;
  const [certified = '', ...others] = await insertWebhooks({ pool, sealer }, [
    receiver.url,
    receiver.url,
    receiver.url,
  ]);
  await storeCertificates(certified, stored);
  const deliver = createPipeline({ pool, sealer, sender });
  const deliveries = await publish({ pool });
  await Promise.all(deliveries.map((deliveryId) => deliver(deliveryTask({ deliveryId }), permit)));

  const { rows } = await pool.query<{ id: string; result: string }>(
    `SELECT d.webhook_id AS id, d.status || ' ' || coalesce(a.error_code, 'ok') AS result
     FROM delivery d JOIN attempt a ON a.delivery_id = d.id`,
  );
  expect(new Map(rows.map(({ id, result }) => [id, result]))).toEqual(
    new Map([[certified, 'pending tls_error'], ...others.map((id) => [id, 'succeeded ok'] as const)]),
  );
});
