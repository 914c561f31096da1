import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Pool } from '@posthorn/database/connection';
import type { Redis } from 'ioredis';
import { dumpRedis, dumpTables } from '../dump.js';

/** Bytes that an erasure removes, in each form in which they may be stored. */
export interface Sought {
  name: string;
  forms: Buffer[];
}

export const soughtText = (name: string, text: string): Sought => ({ name, forms: [Buffer.from(text)] });

/** Bytes that a dump shows in hexadecimal digits. */
export const soughtBytes = (name: string, bytes: Uint8Array): Sought => ({
  name,
  forms: [Buffer.from(bytes), Buffer.from(Buffer.from(bytes).toString('hex'))],
});

export const soughtUuid = (name: string, uuid: string): Sought => ({
  name,
  forms: [Buffer.from(uuid), Buffer.from(uuid.replaceAll('-', ''), 'hex')],
});

/** Returns which of the bytes a content has, as `name in place`. */
export function findIn(place: string, content: Buffer, sought: readonly Sought[]): string[] {
  return sought
    .filter(({ forms }) => forms.some((form) => content.includes(form)))
    .map(({ name }) => `${name} in ${place}`);
}

/** Searches all rows of the database, as a dump has them. */
export async function findInRows(pool: Pool, sought: readonly Sought[]): Promise<string[]> {
  const tables = await dumpTables(pool);
  return [...tables].flatMap(([table, rows]) => findIn(table, Buffer.from(rows), sought));
}

/** Searches all keys of Redis, of all types. */
export async function findInRedis(redis: Redis, sought: readonly Sought[]): Promise<string[]> {
  return findIn('Redis', Buffer.from(await dumpRedis(redis)), sought);
}

/** Searches all files below a folder, while servers change them. */
export async function findInFiles(folder: string, sought: readonly Sought[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    // It may be gone.
    const content = await readFile(file).catch(() => Buffer.alloc(0));
    found.push(...findIn(path.relative(folder, file), content, sought));
  }
  return found;
}
