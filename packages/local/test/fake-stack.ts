import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StackOptions } from '../src/index.js';

const SERVICE = path.join(import.meta.dirname, 'fixtures/service.mjs');

/** Options of a stack with fake services, which start quickly. */
export const FAKE_STACK: StackOptions = {
  entries: { api: SERVICE, producer: SERVICE, worker: SERVICE, all: SERVICE },
  postgresFlags: ['-c', 'fsync=off'],
};

/** Creates a folder for a data directory. `mode` is the mode of its parent; by default all users may enter it. */
export function temporaryFolder(mode = 0o711): { folder: string; remove: () => void } {
  const parent = mkdtempSync(path.join(tmpdir(), 'posthorn-local-test-'));
  chmodSync(parent, mode);
  return {
    folder: path.join(parent, 'data'),
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
}
