import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseUrl } from '@posthorn/core';
import { UsageError } from './usage-error.js';

/** The URL of an API and the key to call it with. */
export interface ResolvedApi {
  url: string;
  apiKey: string;
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
}

const HOW_TO_CONFIGURE = `Use one of:
  --url https://posthorn.example.com --api-key phk_…
  POSTHORN_URL and POSTHORN_API_KEY in the environment
  a local stack (\`posthorn up\` or \`npm start\`) running in this folder or a parent folder`;

/**
 * Resolves the API from flags, then the environment, then a local stack. A key from the environment is never sent to a local
 * stack, and the key of a local stack only to that stack.
 *
 * @throws UsageError if no API is configured
 */
export function resolveApi(flags: ApiFlags, env: NodeJS.ProcessEnv, folder: string): ResolvedApi {
  const configuredUrl = flags.url || env['POSTHORN_URL'];
  const local = findLocalStack(folder);
  const url = configuredUrl || local?.apiUrl;
  if (!url) throw new UsageError(`No Posthorn API configured. ${HOW_TO_CONFIGURE}`);
  if (!/^https?:$/.test(parseUrl(url)?.protocol ?? ''))
    throw new UsageError(`"${url}" is not an http or https URL`);
  const envKey = env['POSTHORN_API_KEY'];
  if (envKey && !configuredUrl && !flags.apiKey)
    throw new UsageError('POSTHORN_API_KEY is set, but POSTHORN_URL is not. Set both.');
  const localKey = local && sameOrigin(url, local.apiUrl) ? local.adminKey : undefined;
  const apiKey = flags.apiKey || envKey || localKey;
  if (!apiKey) throw new UsageError(`No API key configured for ${url}. ${HOW_TO_CONFIGURE}`);
  return { url, apiKey };
}

/** Returns the running stack whose data folder is `.posthorn` in this folder or a parent folder, or null. */
export function findLocalStack(folder: string): LocalStack | null {
  const data = path.join(folder, '.posthorn');
  const file = path.join(data, 'runtime.json');
  if (existsSync(file)) return { ...JSON.parse(readFileSync(file, 'utf8')), folder: data };
  const parent = path.dirname(folder);
  return parent === folder ? null : findLocalStack(parent);
}

const sameOrigin = (one: string, other: string): boolean => parseUrl(one)?.origin === parseUrl(other)?.origin;
