import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { DataDirectory } from './data-directory.js';
import { stopOrphans, type IdentifiedProcess } from './orphans.js';
import { processIdentity } from './process-identity.js';
import { replaceJsonFile } from './replace-json-file.js';
import type { RunningProcess } from './roles.js';
import { StartError } from './start-error.js';

/** supervisor.json: the process that has locked a data directory, and the processes that it started. */
interface SupervisorRecord {
  pid: number;
  identity: string | null;
  processes: IdentifiedProcess[];
}

interface DataDirectoryLock {
  /** Records the running processes, so that the next supervisor can stop them if this one is killed. */
  record(processes: RunningProcess[]): void;
  release(): void;
}

/**
 * Locks a data directory for this process. First stops the processes that a killed supervisor has left running.
 *
 * @throws StartError when another supervisor has locked it
 */
export async function lockDataDirectory(
  { root, supervisorFile: file }: DataDirectory,
  onProgress: (line: string) => void,
): Promise<DataDirectoryLock> {
  const before = readRecord(file);
  if (before && processIdentity(before.pid) === before.identity) {
    throw new StartError(
      `already running in ${root} (pid ${before.pid}). Stop it first, or choose another --data`,
    );
  }
  if (before) {
    await stopOrphans(before.processes, onProgress);
    rmSync(file, { force: true });
  }
  const own = { pid: process.pid, identity: processIdentity(process.pid) };
  create(file, root, { ...own, processes: [] });
  return {
    record: (processes) => {
      const identified = processes.map((entry) => ({ ...entry, identity: processIdentity(entry.pid) }));
      replaceJsonFile(file, { ...own, processes: identified });
    },
    release: () => rmSync(file, { force: true }),
  };
}

/** Creates the file atomically, and only if it does not exist: of two concurrent starts, one fails. */
function create(file: string, root: string, record: SupervisorRecord): void {
  const draft = `${file}.${record.pid}`;
  try {
    writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isTaken = 'code' in error && error.code === 'EEXIST';
    const message = isTaken
      ? `another process is starting in ${root}. If none is, delete ${file}`
      : `cannot lock ${root}: ${error.message}`;
    throw new StartError(message, { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
}

function readRecord(file: string): SupervisorRecord | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
