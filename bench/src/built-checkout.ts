import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The folder of this repository. */
const ROOT = path.join(import.meta.dirname, '../..');

/**
 * Returns the folder of another version with its packages built.
 *
 * @param version the folder of a built clone, or a commit: it is checked out in the temporary folder, installed and built there once,
 * which takes some minutes
 */
export function builtCheckout(version: string): string {
  if (existsSync(path.join(version, 'apps/all/dist/main.js'))) return path.resolve(version);
  const commit = run('git', ['rev-parse', '--verify', `${version}^{commit}`], ROOT);
  const folder = path.join(tmpdir(), `posthorn-${commit.slice(0, 12)}`);
  // The last package that is built. Without it the folder is incomplete, from a run that was stopped.
  if (existsSync(path.join(folder, 'apps/all/dist/main.js'))) return folder;
  console.log(`building ${commit} in ${folder}`);
  if (!existsSync(folder)) run('git', ['worktree', 'add', '--detach', folder, commit], ROOT);
  run('npm', ['ci', '--no-audit', '--no-fund'], folder);
  run('npm', ['run', 'build'], folder);
  return folder;
}

function run(command: string, args: string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}
