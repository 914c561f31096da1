import { EventEmitter, once } from 'node:events';
import { expect, it } from '@jest/globals';
import { createLogger, createTasks, Registry } from '../src/index.js';

it('a background task is counted by name, and its failures are logged', async () => {
  const registry = new Registry();
  const logger = createLogger({ service: 'test', level: 'warn' });
  for (const transport of logger.transports) transport.silent = true;
  const lines: unknown[] = [];
  logger.on('data', (line) => lines.push(line));
  const runs = new EventEmitter();
  const third = once(runs, 'third');
  let count = 0;

  const tasks = createTasks({ logger, registry });
  tasks.run('sweep', 1, async () => {
    count += 1;
    if (count === 1) throw new Error('once');
    if (count === 3) runs.emit('third', Date.now() / 1000);
  });
  const [thirdAt] = await third;
  await tasks.stop();

  expect(lines).toEqual([
    expect.objectContaining({ level: 'warn', message: 'background task failed', task: 'sweep' }),
  ]);
  const values = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values;
  expect(await values('posthorn_task_failures_total')).toEqual([
    expect.objectContaining({ labels: { task: 'sweep' }, value: 1 }),
  ]);
  const [last] = (await values('posthorn_task_last_success_timestamp_seconds')) ?? [];
  expect(last?.labels).toEqual({ task: 'sweep' });
  expect(last?.value).toBeGreaterThanOrEqual(thirdAt);
});

it('the tasks of several parts of a process share their metrics', async () => {
  const registry = new Registry();
  const logger = createLogger({ service: 'test', level: 'error' });
  const parts = [createTasks({ logger, registry }), createTasks({ logger, registry })];
  for (const [index, tasks] of parts.entries()) tasks.run(`task_${index}`, 60_000, async () => {});
  await Promise.all(parts.map((tasks) => tasks.stop()));
  const failures = await registry.getSingleMetric('posthorn_task_failures_total')?.get();
  expect(failures?.values.map(({ labels }) => labels)).toEqual([{ task: 'task_0' }, { task: 'task_1' }]);
});
