// Each main program, run by a Node that reports an old version.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { serviceEntry } from '@posthorn/local';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const OLD_NODE = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"18.20.8"}})';

it.each([
  ['the API', serviceEntry('api')],
  ['a producer', serviceEntry('producer')],
  ['a worker', serviceEntry('worker')],
  ['all in one process', serviceEntry('all')],
  ['the command line', path.join(ROOT, 'packages/cli/bin/posthorn.js')],
  ['npm start', path.join(ROOT, 'scripts/start.mjs')],
])('%s exits with one line', async (_name, entry) => {
  const result = await new Promise((resolve) => {
    const child = execFile(process.execPath, ['--import', OLD_NODE, entry], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
  expect(result).toEqual({
    code: 1,
    stdout: '',
    stderr: `Posthorn requires Node 20.19.0 or later. This is 18.20.8 (${process.execPath})\n`,
  });
});
