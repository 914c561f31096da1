import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseUrl } from '@posthorn/core';
import { UsageError } from './usage-error.js';

/** Where the API is, and the key for it. */
export interface ResolvedApi {
  url: string;
  apiKey: string;
}

/** What runtime.json of a running local stack says. */
export interface LocalStack {
  /** The data folder. */
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

const WAYS = `Say where it is in one of three ways:
  --url https://posthorn.example.com --api-key phk_…
  POSTHORN_URL and POSTHORN_API_KEY in the environment
  a stack that \`posthorn up\` or \`npm start\` runs in this folder, or in one above it`;

/**
 * Flags come first, then the environment, then a local stack. A key of the environment goes only where the environment or a
 * flag says, and the key of a local stack only to that.
 * @throws UsageError when there is no telling
 */
export function resolveApi(flags: ApiFlags, env: NodeJS.ProcessEnv, folder: string): ResolvedApi {
  const named = flags.url || env['POSTHORN_URL'];
  const local = findLocalStack(folder);
  const url = named || local?.apiUrl;
  if (!url) throw new UsageError(`there is no Posthorn to talk to. ${WAYS}`);
  if (!/^https?:$/.test(parseUrl(url)?.protocol ?? ''))
    throw new UsageError(`"${url}" is no http or https URL`);
  const envKey = env['POSTHORN_API_KEY'];
  if (envKey && !named && !flags.apiKey)
    throw new UsageError('POSTHORN_API_KEY is set, but not POSTHORN_URL');
  const localKey = local && sameOrigin(url, local.apiUrl) ? local.adminKey : undefined;
  const apiKey = flags.apiKey || envKey || localKey;
  if (!apiKey) throw new UsageError(`there is no API key for ${url}. ${WAYS}`);
  return { url, apiKey };
}

/** The running stack whose data are in `.posthorn` of this folder or of one above it. */
export function findLocalStack(folder: string): LocalStack | null {
  const data = path.join(folder, '.posthorn');
  const file = path.join(data, 'runtime.json');
  if (existsSync(file)) return { ...JSON.parse(readFileSync(file, 'utf8')), folder: data };
  const parent = path.dirname(folder);
  return parent === folder ? null : findLocalStack(parent);
}

const sameOrigin = (one: string, other: string): boolean => parseUrl(one)?.origin === parseUrl(other)?.origin;
