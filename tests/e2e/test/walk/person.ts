import { randomBytes } from 'node:crypto';
import { valueDigest } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { type Sought, soughtBytes, soughtText, soughtUuid } from './sought.js';

/** Of a compressed body. */
const BYTES = 24;

const mark = (name: string): string => `${name}${randomBytes(8).toString('hex')}`;

/** A customer of the tenant, whose data is in its events. */
export class Person {
  readonly id = mark('customer');
  readonly name = mark('name');
  readonly idempotencyKey = mark('idempotency');
  readonly orderingKey = mark('ordering');
  readonly metadata = mark('metadata');
  readonly compressed = mark('compressed');
  readonly long = mark('long');
  readonly header = mark('header');
  /** The last push, which is rejected. */
  readonly rejected = mark('rejected');

  data(more: object = {}) {
    return { customer: { id: this.id, name: this.name }, ...more };
  }

  /** What requests and pushes carry. */
  texts(): Sought[] {
    return Object.entries(this).map(([name, text]) => soughtText(name, String(text)));
  }

  /** What is stored, before it is erased: also digests, and compressed bodies. */
  async stored(pool: Pool): Promise<Sought[]> {
    const { rows: keys } = await pool.query<{ digest: string }>(
      'SELECT digest FROM event_idempotency WHERE key = $1',
      [this.idempotencyKey],
    );
    const { rows: bodies } = await pool.query<{ deflated: Buffer }>(
      `SELECT e.deflated_body AS deflated FROM event e JOIN event_search_value v ON v.event_id = e.id
       WHERE v.digest = $1 AND length(e.deflated_body) > 100`,
      [valueDigest(this.id)],
    );
    return [
      // A part of it is found only where the body is not compressed.
      ...this.texts().filter(({ name }) => name !== 'compressed'),
      soughtUuid('search digest', valueDigest(this.id) ?? ''),
      ...keys.map(({ digest }) => soughtUuid('idempotency digest', digest)),
      ...bodies.map(({ deflated }) => soughtBytes('compressed body', deflated.subarray(50, 50 + BYTES))),
    ];
  }
}
