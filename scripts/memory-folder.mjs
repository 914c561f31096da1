// Keeps the temporary files of tests in memory, and so the data of their PostgreSQL and Redis. Creating a database takes a sixth of
// the CPU time there.
import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { freemem } from 'node:os';
import path from 'node:path';

/** A file system in memory on Linux. In containers it often has only 64 MB. */
const MEMORY = '/dev/shm';
const PREFIX = 'posthorn-tests-';

/** Many times what the tests use. */
const REQUIRED_BYTES = 8 * 1024 ** 3;

const DAY_MS = 24 * 3_600_000;

/** Sets TMPDIR for this process and those that it starts, unless it is set or there is not enough memory. Removes the folder at the exit. */
export function useMemoryFolder() {
  if (process.env.TMPDIR || freeBytes() < REQUIRED_BYTES) return;
  removeOld();
  const folder = mkdtempSync(path.join(MEMORY, PREFIX));
  // PostgreSQL has its own account.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  process.on('exit', () => remove(folder));
}

function freeBytes() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return Math.min(bavail * bsize, freemem());
  } catch {
    return 0;
  }
}

/** Removes the folders of runs that were killed. */
function removeOld() {
  for (const name of readdirSync(MEMORY)) {
    const folder = path.join(MEMORY, name);
    if (name.startsWith(PREFIX) && Date.now() - statSync(folder).mtimeMs > DAY_MS) remove(folder);
  }
}

const remove = (folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
