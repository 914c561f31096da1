import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { ensureCluster } from '../src/postgres-cluster.js';

/** What initdb prints when the disk is full. */
const OUTPUT = `2026-11-26 18:09:15.169 UTC [20781] FATAL:  could not write to file "base/5/2609": No space left on device
2026-11-26 18:09:15.169 UTC [20781] STATEMENT:  CREATE DATABASE postgres OID = 5 STRATEGY = file_copy;
	
child process exited with exit code 1
initdb: removing contents of data directory "/data/postgres-unfinished"`;

it('a cluster that cannot be created is an error with the reason', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-local-test-'));
  const initdb = path.join(folder, 'initdb');
  writeFileSync(initdb, `#!/bin/sh\ncat >&2 <<'END'\n${OUTPUT}\nEND\nexit 1\n`, { mode: 0o755 });
  const home = { initdb, postgres: '', cluster: path.join(folder, 'postgres') };
  try {
    expect(() => ensureCluster({ home, account: undefined, password: 'secret', durable: true })).toThrow(
      /^could not create the PostgreSQL cluster \(initdb\): FATAL: {2}could not write to file "base\/5\/2609": No space left on device$/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
