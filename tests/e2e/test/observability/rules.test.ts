// Checks that the alerts and the dashboard use existing metrics, and tests each alert.
import { describe, expect, it } from '@jest/globals';
import { documentedLabels, documentedMetrics } from './documented-metrics.js';
import { findPrometheus, runPromtool } from './prometheus.js';
import { ALERT_TESTS, ALERTS, PANEL_QUERIES, PROMETHEUS_FOLDER, read, usedBy } from './rules.js';

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
  });
});
