import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { DataDirectory } from './data-directory.js';
import { endLeftovers, type IdentifiedProcess } from './leftovers.js';
import { processIdentity } from './process-identity.js';
import { replaceJsonFile } from './replace-json-file.js';
import type { RunningProcess } from './roles.js';
import { StartError } from './start-error.js';

/** supervisor.json: who holds a data directory, and what it started there. */
interface SupervisorRecord {
  pid: number;
  identity: string | null;
  processes: IdentifiedProcess[];
}

export interface Claim {
  /** Notes what runs now, for the one who finds it should we be killed. */
  note(processes: RunningProcess[]): void;
  release(): void;
}

/**
 * Takes a data directory for this process. What a killed supervisor left running there is ended first.
 *
 * @throws StartError when another supervisor holds it
 */
export async function claimDataDirectory(
  { root, supervisorFile: file }: DataDirectory,
  say: (line: string) => void,
): Promise<Claim> {
  const before = readRecord(file);
  if (before && processIdentity(before.pid) === before.identity) {
    throw new StartError(
      `already running in ${root} (pid ${before.pid}): stop it first, or use another --data`,
    );
  }
  if (before) {
    await endLeftovers(before.processes, say);
    rmSync(file, { force: true });
  }
  const own = { pid: process.pid, identity: processIdentity(process.pid) };
  create(file, root, { ...own, processes: [] });
  return {
    note: (processes) => {
      const identified = processes.map((entry) => ({ ...entry, identity: processIdentity(entry.pid) }));
      replaceJsonFile(file, { ...own, processes: identified });
    },
    release: () => rmSync(file, { force: true }),
  };
}

/** The file appears whole and only if none is there, so of two that start at once one fails. */
function create(file: string, root: string, record: SupervisorRecord): void {
  const draft = `${file}.${record.pid}`;
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    throw new StartError(`already starting in ${root}`, { cause: error });
  } finally {
    rmSync(draft);
  }
}

function readRecord(file: string): SupervisorRecord | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
