import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StackOptions } from '../src/index.js';

const SERVICE = path.join(import.meta.dirname, 'fixtures/service.mjs');

/** A stack with stand-ins for our services, as quick to start as can be. */
export const FAKE_STACK: StackOptions = {
  entries: { api: SERVICE, producer: SERVICE, worker: SERVICE },
  postgresFlags: ['-c', 'fsync=off'],
};

/** A place for a data directory of the test's own. Others may pass through the folder around it, unless `mode` says no. */
export function temporaryFolder(mode = 0o711): { folder: string; remove: () => void } {
  const parent = mkdtempSync(path.join(tmpdir(), 'posthorn-local-test-'));
  chmodSync(parent, mode);
  return {
    folder: path.join(parent, 'data'),
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
}
