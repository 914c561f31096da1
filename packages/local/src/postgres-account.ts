import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Account } from './supervised-server.js';
import { StartError } from './start-error.js';

const run = promisify(execFile);
const USER = 'postgres';

/**
 * Returns the account that PostgreSQL runs as: it refuses to run as root, so then it is the user `postgres`, created if necessary.
 * Undefined is the current user.
 */
export async function postgresAccount(onProgress: (line: string) => void): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const account = await lookUp();
  if (account) return account;
  onProgress(`creating the system user "${USER}", because PostgreSQL does not run as root`);
  try {
    await run('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      USER,
    ]);
  } catch (error) {
    throw new StartError(
      `PostgreSQL does not run as root, and the user "${USER}" could not be created. Run as another user`,
      {
        cause: error,
      },
    );
  }
  return lookUp();
}

export const hasPostgresUser = async (): Promise<boolean> => (await lookUp()) !== undefined;

async function lookUp(): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', USER]), run('id', ['-g', USER])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** Returns whether the account has the permission to enter every existing folder above `target`. */
export function canReach(target: string, { uid, gid }: Account): boolean {
  const parent = path.dirname(target);
  if (parent === target) return true;
  if (!canReach(parent, { uid, gid })) return false;
  if (!existsSync(parent)) return true;
  const folder = statSync(parent);
  if (folder.uid === uid) return (folder.mode & 0o100) !== 0;
  if (folder.gid === gid) return (folder.mode & 0o010) !== 0;
  return (folder.mode & 0o001) !== 0;
}
