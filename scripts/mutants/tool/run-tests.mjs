import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A test fails earlier, after its timeout of 90 s, unless the process hangs. */
const SILENCE_MS = 180_000;

/**
 * Returns a function that runs test files of a folder.
 *
 * @param {string} folder
 * @param {number} workers
 */
export const testRunner = (folder, workers) => (files, isEnough) =>
  runTests({ folder, workers, files }, isEnough);

/**
 * Runs test files until `isEnough` returns true for the result of a test, or no test ends for three minutes.
 *
 * @param {{ folder: string, workers: number, files: string[] }} run
 * @param {(result: { file: string, test?: string, status: string, reason?: string }) => boolean} isEnough
 * @returns that result; undefined if there is none
 */
function runTests({ folder, workers, files }, isEnough) {
  const config = path.join(folder, 'scripts/mutants/tool/jest.config.mjs');
  const jest = path.join(folder, 'node_modules/jest/bin/jest.js');
  const args = [
    jest,
    '--config',
    config,
    `--maxWorkers=${workers}`,
    '--forceExit',
    '--runTestsByPath',
    ...files,
  ];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    // Its own process group, so that the workers and what they have started end, too.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  process.on('exit', kill);
  let found;
  let errors = '';
  child.stderr.on('data', (chunk) => (errors = `${errors}${chunk}`.slice(-2000)));
  const end = (result) => {
    found ??= result;
    kill();
  };
  const hang = () => end({ file: files.join(' '), status: 'timeout' });
  let timer = setTimeout(hang, SILENCE_MS);
  createInterface({ input: child.stdio[3] }).on('line', (line) => {
    timer = (clearTimeout(timer), setTimeout(hang, SILENCE_MS));
    const result = JSON.parse(line);
    result.file = path.relative(folder, result.file);
    if (isEnough(result)) end(result);
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      kill();
      process.off('exit', kill);
      if (!found && code !== 0) found = { file: files.join(' '), status: 'broken', reason: errors };
      resolve(found);
    });
  });
}
