import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { SERVICE_NODE_FLAGS, serviceEntry, type ServiceRole, type Stack } from '@posthorn/local';

/** One of our services, started and stopped as an orchestrator does. */
export interface ServiceProcess {
  role: ServiceRole;
  /** Sends SIGTERM and waits: the exit code, null after a SIGKILL, and how long it took in milliseconds. */
  stop(): Promise<{ code: number | null; tookMs: number }>;
  kill(): void;
}

/** The configuration of services on the servers of a stack that has none of its own. Webhooks may point at loopback. */
export function serviceSettings(stack: Stack): Record<string, string> {
  return {
    NODE_ENV: 'production',
    DATABASE_URL: stack.databaseUrl,
    REDIS_URL: stack.redisUrl,
    POSTHORN_QUEUE_PREFIX: stack.queuePrefix,
    POSTHORN_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    POSTHORN_OUTBOUND_ALLOW: '127.0.0.0/8',
    POSTHORN_OUTBOUND_HTTP: 'true',
    POSTHORN_OUTBOUND_PORTS: '*',
    POSTHORN_LOG_LEVEL: 'warn',
  };
}

/** Resolves when it works. What it logs is handed to `onLog`. */
export async function startService(
  role: ServiceRole,
  env: Record<string, string>,
  onLog?: (text: string) => void,
): Promise<ServiceProcess> {
  const child = fork(serviceEntry(role), [], {
    env,
    execArgv: SERVICE_NODE_FLAGS,
    stdio: ['ignore', onLog ? 'pipe' : 'ignore', 'inherit', 'ipc'],
  });
  child.stdout?.setEncoding('utf8').on('data', onLog ?? (() => {}));
  const ended = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error(`${role} ended at its start`))),
  ]);
  return {
    role,
    async stop() {
      const startedAt = performance.now();
      child.kill('SIGTERM');
      const [code] = await ended;
      return { code, tookMs: performance.now() - startedAt };
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}
