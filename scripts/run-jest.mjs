import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './run-program.mjs';
import { npm } from './setup.mjs';

/**
 * Runs Jest.
 *
 * @param {string[]} args
 * @param {{ capture?: boolean }} [options] of `run`
 * @returns the result of `run`, and the report of Jest's `--json`, which is null if Jest could not start
 */
export async function runJest(args, options) {
  const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-jest-'));
  const file = path.join(folder, 'report.json');
  const jest = npm('run', '--silent', 'jest', '--', ...args, '--json', `--outputFile=${file}`);
  const { code, output } = await run(...jest, options);
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
  rmSync(folder, { recursive: true });
  return { code, output, report };
}
