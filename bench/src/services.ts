import path from 'node:path';
import { freePort, SERVICE_NODE_FLAGS } from '@posthorn/local';
import type { Bench } from './bench.js';
import { type Child, startChild, usage } from './child.js';

/** The folders of the services below `apps`. */
const FOLDERS = { api: 'admin-api', producer: 'producer', worker: 'worker', all: 'all' };

const THIS_CHECKOUT = path.join(import.meta.dirname, '../..');

/** Separate processes with one worker, or one process with all roles. */
export type Topology = 'separate' | 'all';

/** A process of Posthorn that is ready. */
export interface Service extends Child {
  /** The CPU time of its start. */
  startCpuMs: number;
}

/** The services of a round, by a name such as `worker` or `worker 2`. */
export type Services = Record<string, Service>;

/** The resources that the services have used in a round, by role. */
export interface Used {
  /** Peak memory in MB. */
  memoryMb: Record<string, number>;
  /** CPU time in µs per delivery, without the start. */
  cpuUs: Record<string, number>;
}

/** Starts a service and waits until it is ready. */
export async function startService(
  { env, checkout }: Bench,
  app: keyof typeof FOLDERS,
  more: Record<string, string> = {},
): Promise<Service> {
  const entry = path.join(checkout ?? THIS_CHECKOUT, 'apps', FOLDERS[app], 'dist/main.js');
  const child = startChild(entry, { env: { ...env, ...more }, execArgv: SERVICE_NODE_FLAGS });
  await child.next('ready');
  return { ...child, startCpuMs: usage(child.pid).cpuMs };
}

/** Services that accept events. */
export interface Running {
  services: Services;
  eventsUrl: string;
  apiUrl: string;
}

/** Starts the API on a free port, a producer and workers; returns the URL for publishing. */
export async function startAll(bench: Bench, workers: number): Promise<Running> {
  const api = await apiSettings(bench);
  const services: Services = {
    api: await startService(bench, 'api', api.env),
    producer: await startService(bench, 'producer'),
  };
  Object.assign(services, await startWorkers(bench, workers));
  return { services, ...api.urls };
}

/** Starts the services on a free port, with one worker. */
export async function startTopology(bench: Bench, topology: Topology): Promise<Running> {
  if (topology === 'separate') return startAll(bench, 1);
  const { env, urls } = await apiSettings(bench);
  return { services: { all: await startService(bench, 'all', env) }, ...urls };
}

async function apiSettings({ stack }: Bench) {
  const port = await freePort();
  const apiUrl = `http://127.0.0.1:${port}`;
  return {
    env: {
      POSTHORN_HOST: '127.0.0.1',
      POSTHORN_PORT: String(port),
      POSTHORN_ADMIN_KEY: stack.adminKey,
    },
    urls: { apiUrl, eventsUrl: `${apiUrl}/v1/events` },
  };
}

export async function startWorkers(bench: Bench, count: number): Promise<Services> {
  const started = await Promise.all(Array.from({ length: count }, () => startService(bench, 'worker')));
  return Object.fromEntries(
    started.map((worker, index) => [index === 0 ? 'worker' : `worker ${index + 1}`, worker]),
  );
}

/** Stops the services cleanly and returns the resources that they have used. */
export async function stopAll(services: Services, deliveries: number): Promise<Used> {
  const processes = Object.entries(services).map(([role, { pid, startCpuMs }]) => {
    const { peakMemoryMb, cpuMs } = usage(pid);
    return { role, peakMemoryMb, cpuUs: Math.round(((cpuMs - startCpuMs) * 1000) / deliveries) };
  });
  await Promise.all(Object.values(services).map((child) => child.stop()));
  return {
    memoryMb: Object.fromEntries(processes.map(({ role, peakMemoryMb }) => [role, peakMemoryMb])),
    cpuUs: Object.fromEntries(processes.map(({ role, cpuUs }) => [role, cpuUs])),
  };
}
