// Checks that the alerts and the dashboard use existing metrics, tests each alert, and runs all of them in a real Prometheus.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import { documentedLabels, documentedMetrics } from './documented-metrics.js';
import { type ObservedStack, startObservedStack, useEverything } from './observed-stack.js';
import { findPrometheus, type Prometheus, runPromtool, startPrometheus } from './prometheus.js';
import { type Alert, ALERT_TESTS, ALERTS, PANEL_QUERIES, PROMETHEUS_FOLDER, read, usedBy } from './rules.js';

const programs = await findPrometheus();

const QUERIES = [...PANEL_QUERIES, ...ALERTS.map(({ alert, expr }): [string, string] => [alert, expr])];

/** The metrics and labels that Prometheus adds. */
const OF_PROMETHEUS = { metrics: ['up'], labels: ['job', 'instance', 'le'] };

it.each(QUERIES)('%s uses existing metrics and labels (%s)', (_title, expr) => {
  const { metrics, labels, matchers } = usedBy(expr);
  const known = documentedMetrics.filter(({ name, type }) =>
    metrics.some(
      (metric) =>
        metric === name || (type === 'histogram' && metric.replace(/_(?:bucket|count|sum)$/, '') === name),
    ),
  );
  const others = metrics.filter((metric) => !OF_PROMETHEUS.metrics.includes(metric));
  expect(known).toHaveLength(new Set(others).size);
  const allowed = new Set([...OF_PROMETHEUS.labels, ...known.flatMap((metric) => metric.labels)]);
  expect(labels.filter((label) => !allowed.has(label))).toEqual([]);
  for (const [label, operator, value] of matchers) {
    const values = [...(documentedLabels.get(label)?.values ?? [])];
    if (values.length === 0) continue;
    const matching = values.filter((each) => new RegExp(`^(?:${value})$`).test(each));
    const wanted = operator.endsWith('~') ? value.split('|').length : 1;
    expect([label, value, matching.length]).toEqual([label, value, wanted]);
  }
});

describe.each(ALERTS)('$alert', ({ alert, annotations }) => {
  it('has a test in which it is inactive, fires and resolves', () => {
    const tests = ALERT_TESTS.find(({ name }) => name === alert)?.alert_rule_test ?? [];
    expect(tests.map(({ alertname, exp_alerts: expected }) => [alertname, expected.length])).toEqual([
      [alert, 0],
      [alert, 1],
      [alert, 0],
    ]);
  });

  it('has instructions', () => {
    const [file = '', anchor] = annotations.runbook.split('#');
    const headings = Array.from(read(file).matchAll(/^### (\w+)$/gm), ([, heading = '']) =>
      heading.toLowerCase(),
    );
    expect(headings).toContain(anchor);
    expect(anchor).toBe(alert.toLowerCase());
  });
});

(programs ? describe : describe.skip)('promtool', () => {
  it('accepts the configuration and the rules', async () => {
    expect(await runPromtool(programs!, ['check', 'config', 'prometheus.yml'], PROMETHEUS_FOLDER)).toContain(
      'SUCCESS',
    );
  });

  it('passes the tests of all alerts', async () => {
    expect(await runPromtool(programs!, ['test', 'rules', 'alerts.test.yml'], PROMETHEUS_FOLDER)).toContain(
      'SUCCESS',
    );
  }, 60_000);
});

/** A rule without `for`. */
const quick = (rule: Alert): Alert => Object.assign(structuredClone(rule), { for: '1s' });

async function firing(prometheus: Prometheus): Promise<string[]> {
  const series = await prometheus.query('sum by (alertname) (ALERTS{alertstate="firing"})');
  return series.map(({ metric }) => metric['alertname'] ?? '').toSorted((a, b) => a.localeCompare(b));
}

(programs ? describe : describe.skip)('a Prometheus that collects the metrics of all processes', () => {
  let stack: ObservedStack;
  let prometheus: Prometheus;

  beforeAll(async () => {
    stack = await startObservedStack();
    const { api, producer, worker } = stack.ports;
    const targets = { 'posthorn-api': api, 'posthorn-producer': producer, 'posthorn-worker': worker };
    const rules = { groups: [{ name: 'posthorn', rules: ALERTS.map(quick) }] };
    prometheus = await startPrometheus(programs!, { targets, rules });
    await useEverything(stack);
  }, 120_000);

  afterAll(async () => {
    await prometheus?.stop();
    await stack?.stop();
  }, 60_000);

  it('returns data for all queries of the dashboard', async () => {
    await eventually(
      async () => {
        const results = await Promise.all(
          PANEL_QUERIES.map(async ([title, expr]) => [
            title,
            expr,
            (await prometheus.query(expr)).length > 0,
          ]),
        );
        expect(results.filter(([, , hasData]) => !hasData)).toEqual([]);
      },
      { timeoutMs: 20_000, intervalMs: 500 },
    );
  }, 30_000);

  it('fires only the right alert when the worker is down', async () => {
    expect(await firing(prometheus)).toEqual([]);
    await stack.stopService('worker');
    await eventually(
      async () => expect(await firing(prometheus)).toEqual(['PosthornProcessDown', 'PosthornProcessMissing']),
      {
        timeoutMs: 20_000,
        intervalMs: 200,
      },
    );
  }, 30_000);
});
