import { expect, it } from '@jest/globals';
import { createLogger, Registry } from '@posthorn/runtime';
import { createInternalErrorReporter } from '../../src/reports/internal-errors.js';

it('counts every error, from 0 on, and logs one in ten seconds for each step with the number of the others', async () => {
  const registry = new Registry();
  const lines: unknown[] = [];
  const logger = createLogger({ service: 'test', level: 'silent' });
  logger.error = ((message: string, fields: object) => lines.push({ message, ...fields })) as never;
  let nowMs = 0;
  const report = createInternalErrorReporter({ logger, registry, nowMs: () => nowMs });
  const countOf = async (step: string) =>
    (await registry.getMetricsAsJSON())[0]?.values.find(({ labels }) => labels['step'] === step)?.value;
  expect(await Promise.all(['compose', 'record', 'parse_job'].map(countOf))).toEqual([0, 0, 0]);

  for (let n = 0; n < 1000; n += 1) report({ step: 'compose', error: n, deliveryId: 'dlv_1' });
  report({ step: 'parse_job', error: 'd_x' });
  nowMs = 10_000;
  report({ step: 'compose', error: 'last' });
  expect(lines).toMatchObject([
    { error: 0, deliveryId: 'dlv_1', suppressed: 0 },
    { error: 'd_x', suppressed: 0 },
    { error: 'last', suppressed: 999 },
  ]);
  expect(await Promise.all(['compose', 'record', 'parse_job'].map(countOf))).toEqual([1001, 0, 1]);
});
