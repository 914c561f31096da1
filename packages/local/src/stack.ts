import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { migrate } from '@posthorn/database/server';
import { loadOrCreateSecrets, openDataDirectory, type DataDirectory } from './data-directory.js';
import { Fleet } from './fleet.js';
import { freePort } from './free-port.js';
import { openLogFile } from './log-file.js';
import { removeCluster } from './postgres-home.js';
import { assertPortFree } from './reachable.js';
import { replaceJsonFile } from './replace-json-file.js';
import { listRunningStack, unlistRunningStack } from './running-stacks.js';
import { startPostgres, startRedis } from './servers.js';
import { startServices } from './services.js';
import type { StackContext } from './stack-context.js';
import type { Stack, StackOptions } from './stack-options.js';
import { StartError } from './start-error.js';
import { settingsOf } from './settings-of.js';
import { lockDataDirectory } from './data-directory-lock.js';

/**
 * Starts PostgreSQL, Redis and the services on this machine and keeps them running until `stop`.
 *
 * @throws StartError when a process does not start; everything is stopped by then
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const onProgress = options.onProgress ?? (() => undefined);
  const directory = openDataDirectory(options.dataDir ?? (options.ephemeral ? undefined : '.posthorn'));
  const lock = await lockDataDirectory(directory, onProgress);
  const fleet = new Fleet();
  let addresses: Addresses | undefined;

  const context: StackContext = {
    options,
    directory,
    environment: stackEnvironment(options),
    fleet,
    openLog: (name) => openLogFile(directory.logs, name),
    onChange: () => {
      lock.record(fleet.running());
      if (addresses) replaceJsonFile(directory.runtimeFile, { ...addresses, processes: fleet.running() });
    },
    onProgress,
  };

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await fleet.stop();
    unlistRunningStack(directory.root);
    rmSync(directory.runtimeFile, { force: true });
    lock.release();
    if (options.ephemeral) remove(directory);
  };
  const stopOnce = () => (stopped ??= stop());

  try {
    addresses = await rejectOnAbort(startAll(context), options.signal);
    context.onChange();
    if (!options.ephemeral && addresses.apiUrl) listRunningStack(directory.root);
  } catch (error) {
    await stopOnce();
    throw error;
  }

  return {
    ...addresses,
    dataDir: directory.root,
    processes: () => fleet.running(),
    process: (role, index = 0) => fleet.find(role, index),
    stop: stopOnce,
    kill: () => {
      void stopOnce();
      fleet.destroy();
    },
  };
}

/** The content of runtime.json, without the processes. */
type Addresses = Pick<Stack, 'apiUrl' | 'adminKey' | 'databaseUrl' | 'redisUrl' | 'queuePrefix'>;

async function startAll(context: StackContext): Promise<Addresses> {
  const { options, environment } = context;
  const secrets = loadOrCreateSecrets(context.directory, environment);
  const apiHost = environment['POSTHORN_HOST'] ?? '127.0.0.1';
  const apiPort = options.port || (await freePort());
  const withServices = options.services ?? true;
  if (withServices) await assertPortFree(apiHost, apiPort);

  const [databaseUrl, redisUrl] = await Promise.all([
    startPostgres(context, secrets),
    startRedis(context, secrets),
  ]);
  const queuePrefix = environment['POSTHORN_QUEUE_PREFIX'] ?? 'posthorn';
  const apiUrl = withServices ? `http://${localHost(apiHost)}:${apiPort}` : '';
  const addresses = { apiUrl, adminKey: secrets.adminKey, databaseUrl, redisUrl, queuePrefix };
  if (!withServices) return addresses;

  const allowNewerSchema = environment['POSTHORN_ALLOW_NEWER_SCHEMA'] === 'true';
  await context.fleet.use(() => migrate(databaseUrl, { allowNewerSchema }));
  await startServices(context, { ...addresses, secrets, apiHost, apiPort, extra: options.env ?? {} });
  return addresses;
}

/** Returns the host under which this machine reaches a server that listens on `host`. */
function localHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** Hides the servers in the environment from an ephemeral stack: they hold real data. */
function stackEnvironment({ ephemeral }: StackOptions): NodeJS.ProcessEnv {
  const environment = settingsOf(process.env);
  if (!ephemeral) return environment;
  const { DATABASE_URL: _database, REDIS_URL: _redis, ...others } = environment;
  return { ...others, POSTHORN_QUEUE_PREFIX: `posthorn-${randomBytes(4).toString('hex')}` };
}

function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(new StartError('stopped while starting'));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function remove({ root, postgres }: DataDirectory): void {
  removeCluster(postgres);
  rmSync(root, { recursive: true, force: true });
}
