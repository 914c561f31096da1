import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Bench, resetData } from './bench.js';
import { ownScript } from './child.js';
import type { Memory } from './memory-probe.js';
import { offerLoad } from './offered-load.js';
import type { Figure, Scenario } from './result.js';
import type { Services } from './services.js';
import { createOneWebhook } from './webhook.js';

const PER_SECOND = 200;
const SAMPLE_EVERY_MS = 10_000;
const MB = 2 ** 20;

/** The memory of a process after a forced garbage collection. */
interface Sample {
  process: string;
  atSeconds: number;
  rssMb: number;
  /** JavaScript heap and buffers. */
  liveMb: number;
}

/**
 * A long steady load: the memory of every process must be constant in its second half. The figure is the change of the
 * least-squares line over that half, in percent of the mean.
 */
export const soak: Scenario = async (bench, { perSecond, seconds, warmupSeconds }) => {
  const load = { perSecond: perSecond ?? PER_SECOND, seconds, warmupSeconds };
  const watched = withMemoryProbe(bench);
  const samples: Sample[] = [];
  const secondHalf = () => samples.filter(({ atSeconds }) => atSeconds >= seconds / 2);
  await resetData(watched);
  await createOneWebhook(watched);
  const { posts } = await offerLoad(watched, {
    ...load,
    workers: 2,
    eventTypes: ['order.paid'],
    meanwhile: async (_apiUrl, services) => {
      await sample(services, { seconds, samples });
      console.table(processesOf(secondHalf()).map((name) => describe(name, secondHalf())));
    },
  });
  const rejected = posts.filter(([, , , , id]) => id === null).length;
  return {
    figures: processesOf(samples).map((name) => driftFigure(name, secondHalf())),
    summary: { offeredPerSecond: load.perSecond, seconds, events: posts.length, rejected },
    rounds: samples,
  };
};

function withMemoryProbe(bench: Bench): Bench {
  const probe = pathToFileURL(ownScript('memory-probe.js')).href;
  return { ...bench, env: { ...bench.env, NODE_OPTIONS: `--import ${probe}` } };
}

async function sample(
  services: Services,
  { seconds, samples }: { seconds: number; samples: Sample[] },
): Promise<void> {
  const startedMs = performance.now();
  const elapsedMs = () => performance.now() - startedMs;
  while (elapsedMs() < seconds * 1000) {
    const atSeconds = Math.round(elapsedMs() / 1000);
    for (const [name, child] of Object.entries(services)) {
      const reported = child.next<Memory>('memory');
      child.send({ type: 'report memory' });
      const { rss, heapUsed, external } = await reported;
      samples.push({
        process: name,
        atSeconds,
        rssMb: toTenths(rss / MB),
        liveMb: toTenths((heapUsed + external) / MB),
      });
    }
    const now = samples.filter((one) => one.atSeconds === atSeconds);
    console.log(`${atSeconds} s: ${now.map((one) => `${one.process} ${one.rssMb} MB`).join(', ')}`);
    await sleep(SAMPLE_EVERY_MS - (elapsedMs() % SAMPLE_EVERY_MS));
  }
}

const processesOf = (samples: Sample[]): string[] => [...new Set(samples.map((one) => one.process))];

const samplesOf = (name: string, samples: Sample[]): Sample[] =>
  samples.filter((one) => one.process === name);

function describe(name: string, samples: Sample[]): Record<string, string | number> {
  const rss = samplesOf(name, samples).map(({ rssMb }) => rssMb);
  return {
    process: name,
    samples: rss.length,
    'RSS mean MB': toTenths(mean(rss)),
    'min MB': Math.min(...rss),
    'max MB': Math.max(...rss),
    'RSS drift %': driftPercent(samplesOf(name, samples), ({ rssMb }) => rssMb),
    'live drift %': driftPercent(samplesOf(name, samples), ({ liveMb }) => liveMb),
  };
}

function driftFigure(name: string, samples: Sample[]): Figure {
  const drift = driftPercent(samplesOf(name, samples), ({ rssMb }) => rssMb);
  return {
    name: `RSS drift of ${name}, %`,
    value: Math.abs(drift),
    better: 'lower',
    threshold: 5,
    target: 2,
  };
}

/** Returns the change of the least-squares line over the samples, in percent of their mean. */
function driftPercent(samples: Sample[], valueOf: (sample: Sample) => number): number {
  const times = samples.map(({ atSeconds }) => atSeconds);
  const values = samples.map(valueOf);
  const [meanTime, meanValue] = [mean(times), mean(values)];
  const covariance = mean(times.map((time, index) => (time - meanTime) * ((values[index] ?? 0) - meanValue)));
  const variance = mean(times.map((time) => (time - meanTime) ** 2));
  const span = Math.max(...times) - Math.min(...times);
  return toTenths(((covariance / variance) * span * 100) / meanValue);
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const toTenths = (value: number): number => Number(value.toFixed(1));
