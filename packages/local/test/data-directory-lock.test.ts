import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type DataDirectory, openDataDirectory } from '../src/data-directory.js';
import { lockDataDirectory } from '../src/data-directory-lock.js';
import { temporaryFolder } from './fake-stack.js';

let temporary: ReturnType<typeof temporaryFolder>;
let data: DataDirectory;
beforeEach(() => {
  temporary = temporaryFolder();
  data = openDataDirectory(temporary.folder);
});
afterEach(() => temporary.remove());

const lock = (directory: DataDirectory) => lockDataDirectory(directory, () => {});

it('allows one process at a time', async () => {
  const first = await lock(data);
  await expect(lock(data)).rejects.toThrow(`already running in ${data.root} (pid ${process.pid})`);
  first.release();
  (await lock(data)).release();
});

it('names a lock file that it cannot read', async () => {
  writeFileSync(data.supervisorFile, '{"pid":');
  await expect(lock(data)).rejects.toThrow(
    `another process is starting in ${data.root}. If none is, delete ${data.supervisorFile}`,
  );
});

it('reports why it cannot create its file', async () => {
  await expect(lock({ ...data, supervisorFile: `${data.root}/missing/supervisor.json` })).rejects.toThrow(
    `cannot lock ${data.root}: ENOENT: no such file or directory`,
  );
});
