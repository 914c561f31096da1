import { createRequire } from 'node:module';
import path from 'node:path';
import { freePort, SERVICE_NODE_FLAGS } from '@posthorn/local';
import type { Bench } from './bench.js';
import { type Child, startChild, usage } from './child.js';

const PACKAGES = {
  api: '@posthorn/admin-api',
  producer: '@posthorn/producer',
  worker: '@posthorn/worker',
};

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
  /** CPU time in µs per delivery, without that of the start. */
  cpuUs: Record<string, number>;
}

/** Starts a service and waits until it is ready. */
export async function startService(
  { env }: Bench,
  app: keyof typeof PACKAGES,
  more: Record<string, string> = {},
): Promise<Service> {
  // The package `local` depends on all services.
  const local = createRequire(createRequire(import.meta.url).resolve('@posthorn/local'));
  const entry = path.join(path.dirname(local.resolve(`${PACKAGES[app]}/package.json`)), 'dist/main.js');
  const child = startChild(entry, { env: { ...env, ...more }, execArgv: SERVICE_NODE_FLAGS });
  await child.next('ready');
  return { ...child, startCpuMs: usage(child.pid).cpuMs };
}

/** Starts the API on a free port, a producer and workers; returns the URL for publishing. */
export async function startAll(
  bench: Bench,
  workers: number,
): Promise<{ services: Services; eventsUrl: string; apiUrl: string }> {
  const port = await freePort();
  const services: Services = {
    api: await startService(bench, 'api', {
      POSTHORN_HOST: '127.0.0.1',
      POSTHORN_PORT: String(port),
      POSTHORN_ADMIN_KEY: bench.stack.adminKey,
    }),
    producer: await startService(bench, 'producer'),
  };
  Object.assign(services, await startWorkers(bench, workers));
  const apiUrl = `http://127.0.0.1:${port}`;
  return { services, apiUrl, eventsUrl: `${apiUrl}/v1/events` };
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
