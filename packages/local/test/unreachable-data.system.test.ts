import { existsSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { startStack } from '../src/index.js';
import { FAKE_STACK, temporaryFolder } from './fake-stack.js';

const asRoot = process.getuid?.() === 0;

(asRoot ? it : it.skip)(
  'puts the cluster where the user postgres can reach it if the data directory is private, as in /root',
  async () => {
    const data = temporaryFolder(0o700);
    const stack = await startStack({ ...FAKE_STACK, ephemeral: true, dataDir: data.folder, services: false });
    const cluster = readlinkSync(path.join(data.folder, 'postgres'));
    expect(existsSync(path.join(cluster, 'PG_VERSION'))).toBe(true);
    await stack.stop();
    expect(existsSync(cluster)).toBe(false);
    data.remove();
  },
);
