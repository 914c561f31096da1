// Marks an invoice as paid and publishes it, in one transaction: node outbox-pg.js in_1
import { Pool } from 'pg';

const pool = new Pool({ connectionString: process.env.DATABASE_URL });

/** Runs `work` in a transaction, which rolls back if `work` throws. */
async function transaction(work) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

async function pay(client, invoice) {
  await client.query('UPDATE invoice SET paid = true WHERE id = $1', [invoice]);
  await client.query('SELECT posthorn.publish($1, $2::text)', ['invoice.paid', JSON.stringify({ invoice })]);
}

const invoice = process.argv[2];
await transaction((client) => pay(client, invoice));

// Rolls back: the invoice is not changed, and there is no event.
await transaction(async (client) => {
  await pay(client, `${invoice}-declined`);
  throw new Error('The card was declined');
}).catch(({ message }) => console.log(message));

await pool.end();
