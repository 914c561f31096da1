import { execFile, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { SERVICE_NODE_FLAGS, serviceEntry, type ServiceRole, type Stack } from '@posthorn/local';

/** A service that is started and stopped as by an orchestrator. */
export interface ServiceProcess {
  role: ServiceRole;
  pid: number | undefined;
  /** Sends SIGTERM and waits for the exit. Returns the exit code, null after SIGKILL, and the duration in milliseconds. */
  stop(): Promise<{ code: number | null; tookMs: number }>;
  kill(): void;
  /** Stops the process with SIGSTOP, as if the machine hung, until it is thawed. */
  freeze(): void;
  thaw(): void;
}

/** Returns settings for services that use the servers of a stack. Webhooks may point to loopback. */
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
    POSTHORN_DRAIN_MS: '0',
  };
}

interface ServiceOptions {
  /** Gets the output of the service. */
  onLog?: (text: string) => void;
  nodeFlags?: string[];
}

/** Resolves when the service is ready. */
export async function startService(
  role: ServiceRole,
  env: Record<string, string>,
  { onLog, nodeFlags = SERVICE_NODE_FLAGS }: ServiceOptions = {},
): Promise<ServiceProcess> {
  const child = fork(serviceEntry(role), [], {
    env,
    execArgv: nodeFlags,
    stdio: ['ignore', onLog ? 'pipe' : 'ignore', 'inherit', 'ipc'],
  });
  child.stdout?.setEncoding('utf8').on('data', onLog ?? (() => {}));
  const ended = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error(`${role} exited at its start`))),
  ]);
  return {
    role,
    pid: child.pid,
    async stop() {
      const startedAt = performance.now();
      child.kill('SIGTERM');
      const [code] = await ended;
      return { code, tookMs: performance.now() - startedAt };
    },
    kill: () => {
      child.kill('SIGKILL');
    },
    freeze: () => {
      child.kill('SIGSTOP');
    },
    thaw: () => {
      child.kill('SIGCONT');
    },
  };
}

/** Runs a service that is expected to exit at its start, and returns its exit code and output. */
export const runToExit = (
  role: ServiceRole,
  env: Record<string, string>,
): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...SERVICE_NODE_FLAGS, serviceEntry(role)],
      { env, timeout: 80_000 },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
