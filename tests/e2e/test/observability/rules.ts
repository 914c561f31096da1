import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

const ROOT = path.resolve(import.meta.dirname, '../../../..');

export const PROMETHEUS_FOLDER = path.join(ROOT, 'deploy/prometheus');

export const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

export interface Alert {
  alert: string;
  expr: string;
  for: string;
  annotations: { summary: string; runbook: string };
}

const RULES: { groups: { rules: Alert[] }[] } = parse(read('deploy/prometheus/alerts.yml'));

export const ALERTS = RULES.groups.flatMap(({ rules }) => rules);

interface AlertTest {
  name: string;
  alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[];
}

export const ALERT_TESTS: AlertTest[] = parse(read('deploy/prometheus/alerts.test.yml')).tests;

interface Panel {
  type: string;
  title: string;
  targets?: { expr: string }[];
}

const DASHBOARD: { panels: Panel[]; annotations: { list: { expr: string }[] } } = JSON.parse(
  read('deploy/grafana/posthorn.json'),
);

/** The queries of the dashboard by panel title. Grafana replaces `$__rate_interval` with a duration that fits the scrape interval. */
export const PANEL_QUERIES: [title: string, expr: string][] = DASHBOARD.panels.flatMap(
  ({ title, targets = [] }) =>
    targets.map(({ expr }): [string, string] => [title, expr.replaceAll('$__rate_interval', '10s')]),
);

/** The metrics of a query, and the labels that it uses with the values that it selects. */
export function usedBy(expr: string): {
  metrics: string[];
  labels: string[];
  matchers: [label: string, operator: string, value: string][];
} {
  const bare = expr.replaceAll(/"[^"]*"/g, '""');
  const metrics = bare.match(/\b(?:posthorn|nodejs|process)_\w+|\bup\b/g) ?? [];
  const grouped = Array.from(bare.matchAll(/\bby \(([^)]*)\)/g), ([, names = '']) => names.split(', '));
  const matchers = Array.from(
    expr.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g),
    ([, label = '', operator = '', value = '']): [string, string, string] => [label, operator, value],
  );
  return { metrics, labels: [...grouped.flat(), ...matchers.map(([label]) => label)], matchers };
}
