import { spawnSync } from 'node:child_process';
import { chown, mkdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connect } from '@posthorn/database/connection';
import type { Stack } from '@posthorn/local';

/**
 * Copies the cluster of a running stack like pg_basebackup, with PostgreSQL's backup functions and a copy of the files, because
 * there is no pg_basebackup for the embedded server's version. The write-ahead log is copied last, so that the copy needs no
 * archive.
 */
export async function baseBackup(stack: Stack, target: string): Promise<void> {
  const cluster = await realpath(path.join(stack.dataDir, 'postgres'));
  const label = path.join(target, 'backup_label');
  // One connection: a backup must end in the session that started it.
  const { pool, stop } = connect({ url: stack.databaseUrl, applicationName: 'posthorn drill', max: 1 });
  try {
    await pool.query(`SELECT pg_backup_start('drill', true)`);
    copy(cluster, target);
    const { rows } = await pool.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    await rm(path.join(target, 'pg_wal'), { recursive: true });
    copy(path.join(cluster, 'pg_wal'), path.join(target, 'pg_wal'));
    await writeFile(label, rows[0]?.labelfile ?? '', { mode: 0o600 });
    const { uid, gid } = await stat(cluster);
    await chown(label, uid, gid);
    await rm(path.join(target, 'postmaster.pid'), { force: true });
  } finally {
    await stop();
  }
}

/** Creates a data directory with the cluster of a backup and the secrets, which are backed up separately. Redis is empty. */
export async function restore(backup: string, secrets: string, folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o711 });
  copy(backup, path.join(folder, 'postgres'));
  for (const name of ['admin-key', 'encryption-key', 'postgres-password']) {
    copy(path.join(secrets, name), path.join(folder, name));
  }
}

/** Copies files with owners and modes. Files that a running server deletes meanwhile are not needed. */
function copy(from: string, to: string): void {
  const { stderr } = spawnSync('cp', ['-a', from, to], { encoding: 'utf8' });
  const faults = stderr.split('\n').filter((line) => line !== '' && !line.includes('No such file'));
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

/** Makes a restored cluster recover like one with an archive, at whose end it begins a new timeline. */
export async function recover(folder: string): Promise<void> {
  const cluster = path.join(folder, 'postgres');
  const signal = path.join(cluster, 'recovery.signal');
  await writeFile(signal, '', { mode: 0o600 });
  const { uid, gid } = await stat(cluster);
  await chown(signal, uid, gid);
}

/**
 * PostgreSQL does not recover without a command that reads the archive, which is empty. It is ready when it has recovered: a hot standby
 * would be ready before, for reading only.
 */
export const RECOVERY_FLAGS = ['-c', 'restore_command=false', '-c', 'hot_standby=off'];
