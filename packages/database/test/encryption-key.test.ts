import { describe, expect, it } from '@jest/globals';
import { createSealer } from '@posthorn/core';
import { matchesEncryptionKey, assertEncryptionKey } from '../src/index.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const sealer = () => createSealer(Buffer.alloc(32, 1));

describe('the encryption key check', () => {
  it('accepts only the key of the first process', async () => {
    await Promise.all([1, 2, 3].map(() => assertEncryptionKey(db.pool, sealer())));
    await assertEncryptionKey(db.pool, sealer());
    await expect(assertEncryptionKey(db.pool, createSealer(Buffer.alloc(32, 2)))).rejects.toThrow(
      /^POSTHORN_ENCRYPTION_KEY is not the key that this database was set up with$/,
    );
  });

  it('compares a key without storing it', async () => {
    await db.pool.query("DELETE FROM setting WHERE key = 'encryption_check'");
    expect(await matchesEncryptionKey(db.pool, sealer())).toBe(null);
    expect(await matchesEncryptionKey(db.pool, sealer())).toBe(null);
    await assertEncryptionKey(db.pool, sealer());
    expect(await matchesEncryptionKey(db.pool, sealer())).toBe(true);
    expect(await matchesEncryptionKey(db.pool, createSealer(Buffer.alloc(32, 2)))).toBe(false);
  });
});
