import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startStack, type RunningProcess } from '../src/index.js';
import { processIdentity } from '../src/process-identity.js';
import { FAKE_STACK, temporaryFolder } from './fake-stack.js';

const SUPERVISOR = path.join(import.meta.dirname, 'fixtures/supervisor.mjs');

describe('after a SIGKILL of the supervisor', () => {
  let data: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    data = temporaryFolder();
  });
  afterEach(() => data.remove());

  it('the next start stops the orphans and keeps the data', async () => {
    const { supervisor, processes, databaseUrl } = await runSupervisor(data.folder);
    supervisor.kill('SIGKILL');
    await once(supervisor, 'exit');
    expect(existsSync(`${data.folder}/runtime.json`)).toBe(true);

    const stack = await startStack({ ...FAKE_STACK, dataDir: data.folder, services: false });
    expect(running(processes)).toEqual([]);
    // The same password means the same cluster.
    expect(new URL(stack.databaseUrl).password).toBe(new URL(databaseUrl).password);
    await stack.stop();
  });

  it('the next start stops orphans that do not stop by themselves', async () => {
    const { supervisor, processes } = await runSupervisor(data.folder);
    // A frozen worker does not notice that its supervisor is gone.
    const worker = processes.find(({ role }) => role === 'worker');
    process.kill(worker?.pid ?? 0, 'SIGSTOP');
    supervisor.kill('SIGKILL');
    await once(supervisor, 'exit');

    const progress: string[] = [];
    const stack = await startStack({
      ...FAKE_STACK,
      dataDir: data.folder,
      services: false,
      onProgress: (line) => progress.push(line),
    });
    expect(running(processes)).toEqual([]);
    expect(progress).toContain(`stopping worker (pid ${worker?.pid}) of the previous run`);
    await stack.stop();
  });
});

interface Started {
  supervisor: ChildProcess;
  processes: RunningProcess[];
  databaseUrl: string;
}

async function runSupervisor(folder: string): Promise<Started> {
  const supervisor = fork(SUPERVISOR, [folder], { execArgv: [] });
  for (;;) {
    const [message] = await once(supervisor, 'message');
    if (message.error) throw new Error(message.error);
    if (message.processes) return { supervisor, ...message };
  }
}

function running(processes: RunningProcess[]): RunningProcess[] {
  return processes.filter(({ pid }) => processIdentity(pid) !== null);
}
