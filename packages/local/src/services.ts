import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceRole } from './roles.js';
import { serviceEntry } from './service-entries.js';
import { serviceEnvironment, type ServiceSettings } from './service-environment.js';
import { startService } from './service.js';
import type { StackContext } from './stack-context.js';
import type { StackOptions } from './stack-options.js';
import { StartError } from './start-error.js';

/** Longer than a service's own shutdown timeout, in milliseconds. */
const STOP_TIMEOUT_MS = 35_000;
const READY_TIMEOUT_MS = 30_000;

/** Starts all services concurrently; resolves when they are ready. */
export async function startServices(context: StackContext, settings: ServiceSettings): Promise<void> {
  const starts = countServices(context.options).flatMap(([role, count]) =>
    Array.from({ length: count }, (_, index) => startOne(context, settings, { role, index })),
  );
  await Promise.all(starts);
  await waitUntilReady(`${settings.apiUrl}/readyz`);
}

function countServices({ role, producers = 1, workers = 2 }: StackOptions): [ServiceRole, number][] {
  if (role === 'all') return [['all', 1]];
  return [
    ['api', 1],
    ['producer', producers],
    ['worker', workers],
  ];
}

interface ServiceId {
  role: ServiceRole;
  index: number;
}

function startOne(
  context: StackContext,
  settings: ServiceSettings,
  { role, index }: ServiceId,
): Promise<void> {
  const { options, fleet } = context;
  const name = `${role} ${index}`;
  const log = options.log === 'inherit' ? null : context.openLog(`${role}-${index}`);
  const service = {
    name,
    entry: options.entries?.[role] ?? serviceEntry(role),
    env: {
      ...serviceEnvironment(role, settings, context.environment),
      ...(log && { POSTHORN_LOG_FILE: log.path }),
      ...(role === 'all' && options.processes && { POSTHORN_PROCESSES: String(options.processes) }),
    },
    log,
  };
  return fleet.start({
    role,
    name,
    launch: () => startService(service),
    stopTimeoutMs: STOP_TIMEOUT_MS,
    onChange: context.onChange,
    onProgress: context.onProgress,
  });
}

async function waitUntilReady(url: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const status = await fetch(url).then(
      (response) => response.status,
      (error: unknown) => String(error),
    );
    if (status === 200) return;
    if (performance.now() > deadline)
      throw new StartError(`${url} returned ${status} instead of 200 for 30 s`);
    await sleep(50);
  }
}
