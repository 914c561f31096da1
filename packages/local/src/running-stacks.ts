import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { replaceJsonFile } from './replace-json-file.js';

/** Where the CLI finds a stack that runs in another folder. Contains no secrets. */
interface RunningStack {
  dataDir: string;
  /** The supervisor. */
  pid: number;
}

/** Lists the stack of this process among the stacks of its user. */
export function listRunningStack(dataDir: string): void {
  mkdirSync(stateFolder(process.env), { recursive: true, mode: 0o700 });
  replaceJsonFile(fileOf(dataDir), { dataDir, pid: process.pid } satisfies RunningStack);
}

export function unlistRunningStack(dataDir: string): void {
  rmSync(fileOf(dataDir), { force: true });
}

/** Returns the data folders of the running stacks of the user with these environment variables. */
export function runningStacks(env: NodeJS.ProcessEnv): string[] {
  const folder = stateFolder(env);
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const stacks = files.map((name): RunningStack => JSON.parse(readFileSync(path.join(folder, name), 'utf8')));
  return stacks.filter(({ pid }) => isRunning(pid)).map(({ dataDir }) => dataDir);
}

function fileOf(dataDir: string): string {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  return path.join(stateFolder(process.env), `${name}.json`);
}

function stateFolder(env: NodeJS.ProcessEnv): string {
  const state = env['XDG_STATE_HOME'] || path.join(homedir(), '.local/state');
  return path.join(state, 'posthorn/stacks');
}

/** A killed supervisor stays listed. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
