import { EventEmitter, once } from 'node:events';
import { expect, it } from '@jest/globals';
import { createLogger, createTasks, Registry } from '../src/index.js';

it('background work is counted under its name, and told of when it fails', async () => {
  const registry = new Registry();
  const logger = createLogger({ service: 'test', level: 'warn' });
  for (const transport of logger.transports) transport.silent = true;
  const lines: unknown[] = [];
  logger.on('data', (line) => lines.push(line));
  const rounds = new EventEmitter();
  const third = once(rounds, 'third');
  let count = 0;

  const startedAt = Date.now() / 1000;
  const task = createTasks({ logger, registry })('sweep', 1, async () => {
    count += 1;
    if (count === 1) throw new Error('once');
    if (count === 3) rounds.emit('third');
  });
  await third;
  await task.stop();

  expect(lines).toEqual([expect.objectContaining({ level: 'warn', message: 'sweep' })]);
  const value = async (name: string) =>
    (await registry.getSingleMetric(name)?.get())?.values.map(({ labels, value: of }) => ({ ...labels, of }));
  expect(await value('posthorn_task_failures_total')).toEqual([{ task: 'sweep', of: 1 }]);
  const [last] = (await value('posthorn_task_last_success_timestamp_seconds')) ?? [];
  expect(last?.task).toBe('sweep');
  expect(last?.of).toBeGreaterThanOrEqual(startedAt);
});
