// Compares the metrics of all processes, labels included, with docs/observability.md, and runs the alerts in a real Prometheus.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import { documentedLabels, documentedMetrics } from './documented-metrics.js';
import { type Exposition, readExposition } from './exposition.js';
import { type ObservedStack, ROLES, startObservedStack, useEverything } from './observed-stack.js';
import { findPrometheus, type Prometheus, startPrometheus } from './prometheus.js';
import { type Alert, ALERTS, PANEL_QUERIES } from './rules.js';

const programs = await findPrometheus();

let stack: ObservedStack;
let prometheus: Prometheus | undefined;
const served = new Map<string, Exposition>();

beforeAll(async () => {
  stack = await startObservedStack();
  const { api, producer, worker } = stack.ports;
  const targets = { 'posthorn-api': api, 'posthorn-producer': producer, 'posthorn-worker': worker };
  const rules = { groups: [{ name: 'posthorn', rules: ALERTS.map(quick) }] };
  if (programs) prometheus = await startPrometheus(programs, { targets, rules });
  await useEverything(stack);
  // Processes count an attempt after they have recorded it, and check the servers from time to time.
  await eventually(async () => {
    for (const role of ROLES) served.set(role, readExposition(await stack.metricsOf(role)));
    expect(sum('posthorn_delivery_outcomes_total', {})).toBe(7);
    expect(sum('posthorn_server_up', {})).toBe(6);
  });
}, 120_000);

afterAll(async () => {
  await prometheus?.stop();
  await stack?.stop();
});

const all = () => [...served.values()].flatMap(({ series }) => series);

describe.each(ROLES)('the metrics of the %s', (role) => {
  const documented = documentedMetrics.filter(({ processes }) => processes.includes(role));

  it('match the documented names and types', () => {
    const types = Object.fromEntries(served.get(role)?.types ?? []);
    expect(types).toEqual(Object.fromEntries(documented.map(({ name, type }) => [name, type])));
  });

  it('have the documented labels', () => {
    const labelsOf = new Map(documented.map(({ name, labels }) => [name, labels.toSorted()]));
    const series = served.get(role)?.series ?? [];
    expect(series.length).toBeGreaterThan(50);
    expect(series.length).toBeLessThan(1000);
    for (const { metric, labels } of series)
      expect([metric, Object.keys(labels).toSorted()]).toEqual([metric, labelsOf.get(metric)]);
  });
});

describe('labels', () => {
  it('have only the documented values', () => {
    const found = new Map<string, Set<string>>();
    for (const { labels } of all())
      for (const [name, value] of Object.entries(labels))
        found.set(name, (found.get(name) ?? new Set()).add(value));
    for (const [name, values] of found) {
      const { values: allowed, atMost = 0 } = documentedLabels.get(name) ?? {};
      expect({ name, number: values.size <= atMost }).toEqual({ name, number: true });
      if (allowed?.size)
        expect({ name, others: [...values].filter((value) => !allowed.has(value)) }).toEqual({
          name,
          others: [],
        });
    }
    expect([...documentedLabels.keys()]).toEqual(expect.arrayContaining([...found.keys()]));
  });

  it('are documented only for existing metrics', () => {
    const used = new Set(documentedMetrics.flatMap(({ labels }) => labels));
    expect([...documentedLabels.keys()].toSorted()).toEqual([...used].toSorted());
  });

  it('contain no ids and no addresses', () => {
    const values = all().flatMap(({ labels }) => Object.values(labels));
    expect(values.filter((value) => /(?:wh|ten|evt|dlv|key|att|rpl)_|\d{3,}\.|:\/\//.test(value))).toEqual(
      [],
    );
  });
});

/** The metrics of all processes. */
const sum = (metric: string, labels: Record<string, string>) =>
  all()
    .filter((series) => series.metric === metric)
    .filter((series) => Object.entries(labels).every(([name, value]) => series.labels[name] === value))
    .reduce((total, { value }) => total + value, 0);

it('the metrics count the events and deliveries', () => {
  expect(sum('posthorn_events_total', { source: 'http', result: 'accepted' })).toBe(3);
  expect(sum('posthorn_events_total', { source: 'queue', result: 'accepted' })).toBe(1);
  expect(sum('posthorn_events_total', { source: 'queue', result: 'rejected' })).toBe(1);
  expect(sum('posthorn_events_total', { source: 'stream', result: 'accepted' })).toBe(1);
  expect(sum('posthorn_delivery_outcomes_total', { outcome: '2xx' })).toBe(4);
  expect(sum('posthorn_delivery_outcomes_total', { outcome: '5xx' })).toBe(1);
  expect(sum('posthorn_delivery_outcomes_total', { outcome: 'connection_reset' })).toBe(2);
  expect(sum('posthorn_delivery_attempts_total', { decision: 'succeeded', attempt: '2' })).toBe(1);
  expect(sum('posthorn_deliveries_dropped_total', { reason: 'suspended' })).toBe(1);
});

it('receivers get no traceparent when no trace is recorded', () => {
  const { requests } = stack.receiver;
  expect(requests.length).toBeGreaterThanOrEqual(7);
  expect(requests.filter(({ headers }) => 'traceparent' in headers)).toEqual([]);
});

/** A rule without `for`. */
const quick = (rule: Alert): Alert => Object.assign(structuredClone(rule), { for: '1s' });

async function firing(): Promise<string[]> {
  const series = await prometheus!.query('sum by (alertname) (ALERTS{alertstate="firing"})');
  return series.map(({ metric }) => metric['alertname'] ?? '').toSorted((a, b) => a.localeCompare(b));
}

(programs ? describe : describe.skip)('a Prometheus that collects the metrics of all processes', () => {
  it('returns data for all queries of the dashboard', async () => {
    await eventually(async () => {
      const results = await Promise.all(
        PANEL_QUERIES.map(async ([title, expr]) => [title, expr, (await prometheus!.query(expr)).length > 0]),
      );
      expect(results.filter(([, , hasData]) => !hasData)).toEqual([]);
    });
  });

  // The last test: it stops the worker.
  it('fires only the right alert when the worker is down', async () => {
    await eventually(async () => expect(await firing()).toEqual([]));
    await stack.stopService('worker');
    await eventually(async () =>
      expect(await firing()).toEqual(['PosthornProcessDown', 'PosthornProcessMissing']),
    );
  });
});
