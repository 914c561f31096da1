import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseUrl } from '@posthorn/core';
import { runningStacks } from '@posthorn/local/running-stacks';
import { UsageError } from './usage-error.js';

/** The URL of an API and the key to call it with. */
export interface ResolvedApi {
  url: string;
  apiKey: string;
  /** The local stack that the API belongs to. */
  local: LocalStack | null;
}

/** A running local stack, as described by its runtime.json. */
export interface LocalStack {
  /** Its data folder. */
  folder: string;
  apiUrl: string;
  adminKey: string;
  databaseUrl: string;
  redisUrl: string;
  queuePrefix: string;
}

export interface ApiFlags {
  url?: string;
  apiKey?: string;
  /** Data folder of a local stack. */
  stack?: string;
}

const HOW_TO_CONFIGURE = `Use one of:
  --url https://posthorn.example.com --api-key phk_…
  POSTHORN_URL and POSTHORN_API_KEY in the environment
  a local stack (\`posthorn up\` or \`npm start\`) running on this machine`;

/** No flag, variable or local stack names an API. */
export class NotConfiguredError extends UsageError {
  constructor() {
    super(`No Posthorn API configured. ${HOW_TO_CONFIGURE}`);
  }
}

/**
 * Resolves the API from flags, then the environment, then a local stack. A key from the environment is never sent to a local
 * stack, and the key of a local stack only to that stack.
 *
 * @throws NotConfiguredError if no API is configured
 * @throws UsageError if the configuration is incomplete, or several local stacks run
 */
export function resolveApi(flags: ApiFlags, env: NodeJS.ProcessEnv, folder: string): ResolvedApi {
  const configuredUrl = flags.url || env['POSTHORN_URL'];
  const local = configuredUrl
    ? (localStacks(flags, env, folder).find(({ apiUrl }) => sameOrigin(configuredUrl, apiUrl)) ?? null)
    : onlyStack(localStacks(flags, env, folder));
  const url = configuredUrl || local?.apiUrl;
  if (!url) throw new NotConfiguredError();
  if (!/^https?:$/.test(parseUrl(url)?.protocol ?? ''))
    throw new UsageError(`"${url}" is not an http or https URL`);
  const envKey = env['POSTHORN_API_KEY'];
  if (envKey && !configuredUrl && !flags.apiKey)
    throw new UsageError('POSTHORN_API_KEY is set, but POSTHORN_URL is not. Set both.');
  const apiKey = flags.apiKey || envKey || local?.adminKey;
  if (!apiKey) throw new UsageError(`No API key configured for ${url}. ${HOW_TO_CONFIGURE}`);
  return { url, apiKey, local };
}

function onlyStack(stacks: LocalStack[]): LocalStack | null {
  if (stacks.length <= 1) return stacks[0] ?? null;
  const folders = stacks.map((stack) => stack.folder).join(', ');
  throw new UsageError(`Several stacks run on this machine: ${folders}. Choose one with --stack`);
}

/** Returns the stack of `--stack`, else that of this folder or a parent folder, else all that run on this machine. */
function localStacks({ stack: dataDir }: ApiFlags, env: NodeJS.ProcessEnv, folder: string): LocalStack[] {
  if (dataDir !== undefined) {
    const stack = readStack(path.resolve(folder, dataDir));
    if (!stack)
      throw new UsageError(
        `No stack is running with the data folder ${dataDir}. Start it: posthorn up --data ${dataDir}`,
      );
    return [stack];
  }
  const nearest = nearestStack(folder);
  return nearest ? [nearest] : runningStacks(env).flatMap((each) => readStack(each) ?? []);
}

function nearestStack(folder: string): LocalStack | null {
  const parent = path.dirname(folder);
  return readStack(path.join(folder, '.posthorn')) ?? (parent === folder ? null : nearestStack(parent));
}

function readStack(dataDir: string): LocalStack | null {
  const file = path.join(dataDir, 'runtime.json');
  return existsSync(file) ? { ...JSON.parse(readFileSync(file, 'utf8')), folder: dataDir } : null;
}

const sameOrigin = (one: string, other: string): boolean => parseUrl(one)?.origin === parseUrl(other)?.origin;
