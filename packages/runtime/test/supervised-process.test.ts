import { EventEmitter, once } from 'node:events';
import { expect, it } from '@jest/globals';
import { type Child, SupervisedProcess } from '../src/supervision/index.js';

/** Supervises fake processes. `onChange` throws while `isFull` is set, as on a full disk. */
function supervise() {
  const running = new Set<() => void>();
  const progress: string[] = [];
  const disk = { isFull: false };
  const launch = (): Child => {
    const exits = new EventEmitter();
    const exited = once(exits, 'exit').then(() => 'SIGKILL');
    const end = () => {
      running.delete(end);
      exits.emit('exit');
    };
    running.add(end);
    return { pid: 1, ready: Promise.resolve(), exited, terminate: end, kill: end };
  };
  const supervised = new SupervisedProcess({
    role: 'worker',
    name: 'worker 0',
    launch,
    stopTimeoutMs: 1000,
    onChange() {
      if (disk.isFull) throw new Error('ENOSPC: no space left on device, write');
    },
    onProgress: (line) => progress.push(line),
  });
  return { supervised, running, progress, disk };
}

it('a process whose first start cannot be recorded fails to start, and can be stopped', async () => {
  const { supervised, running, disk } = supervise();
  disk.isFull = true;
  await expect(supervised.start()).rejects.toThrow('ENOSPC');
  await supervised.stop();
  expect(running.size).toBe(0);
});

it('a process whose restart cannot be recorded is started once, and can be stopped', async () => {
  const { supervised, running, progress, disk } = supervise();
  await supervised.start();
  disk.isFull = true;
  const next = supervised.nextStart();
  supervised.kill('SIGKILL');
  await next;
  expect(running.size).toBe(1);
  expect(progress).toEqual([
    'worker 0 exited (SIGKILL): restarting it in 250 ms',
    'worker 0 was restarted, but not recorded: ENOSPC: no space left on device, write',
  ]);
  await supervised.stop();
  expect(running.size).toBe(0);
});
