import { EventEmitter, once } from 'node:events';
import type { ProcessGroup, Registry } from '@posthorn/runtime';
import type { ToMember, ToPrimary } from './messages.js';

/** Longer than the primary waits for the reports, in milliseconds. */
const SCRAPE_TIMEOUT_MS = 5000;

/** Joins the group of the primary that started this process. */
export function joinGroup(registry: Registry, size: number): ProcessGroup {
  const replies = new EventEmitter<{ metrics: [string] }>();
  let isReady = false;
  let scrape: Promise<string> | undefined;

  process.on('message', (message: ToMember) => {
    switch (message.type) {
      case 'readiness':
        isReady = message.isReady;
        break;
      case 'collect':
        void report(registry);
        break;
      case 'metrics':
        replies.emit('metrics', message.text);
        break;
    }
  });

  async function requestMetrics(): Promise<string> {
    const reply = once(replies, 'metrics', { signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS) });
    send({ type: 'scrape' });
    const [text] = await reply;
    return text;
  }

  return {
    size,
    isReady: () => isReady,
    metrics: () => (scrape ??= requestMetrics().finally(() => (scrape = undefined))),
  };
}

async function report(registry: Registry): Promise<void> {
  const metrics = await registry.getMetricsAsJSON();
  const gauges = metrics.filter(isGauge).map(withWorstLag);
  const counters = metrics.filter((metric) => !isGauge(metric));
  send({ type: 'report', report: { gauges, counters } });
}

/** prom-client declares the type as a number. */
const isGauge = ({ type }: { type: unknown }): boolean => type === 'gauge';

/** The average would hide a process that is saturated. */
const withWorstLag = <Metric extends { name: string; aggregator: string }>(metric: Metric): Metric =>
  metric.name.startsWith('nodejs_eventloop_lag') && metric.aggregator === 'average'
    ? { ...metric, aggregator: 'max' }
    : metric;

const send = (message: ToPrimary): void => {
  process.send?.(message);
};
