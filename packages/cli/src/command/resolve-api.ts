import { closeSync, existsSync, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { parseUrl } from '@posthorn/core';
import { runningStacks } from '@posthorn/local/running-stacks';
import { parseErrorReason } from './parse-error.js';
import { UsageError } from './usage-error.js';
import { assertWebUrl } from './web-url.js';

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
    ? stackAt(configuredUrl, () => localStacks(flags, env, folder))
    : onlyStack(localStacks(flags, env, folder));
  const url = configuredUrl || local?.apiUrl;
  if (!url) throw new NotConfiguredError();
  assertWebUrl(flags.url ? '--url' : 'POSTHORN_URL', url);
  const envKey = env['POSTHORN_API_KEY'];
  if (envKey && !configuredUrl && !flags.apiKey)
    throw new UsageError('POSTHORN_API_KEY is set, but POSTHORN_URL is not. Set both.');
  const apiKey = flags.apiKey || envKey || local?.adminKey;
  if (!apiKey) throw new UsageError(`No API key configured for ${url}. ${HOW_TO_CONFIGURE}`);
  return { url, apiKey, local };
}

/** The runtime.json of a stack may have been written by another user, who would get the calls of this one. */
class UntrustedStackError extends UsageError {
  constructor(file: string) {
    super(
      `${file} belongs to another user, or another user may change it or its folder. ` +
        `Use --url and --api-key, or make both writable only for yourself: chmod go-w ${path.dirname(file)} ${file}`,
    );
  }
}

/** Returns the stack with this URL. One that is not trusted does not count: only its key is missing. */
function stackAt(url: string, stacks: () => LocalStack[]): LocalStack | null {
  try {
    return stacks().find(({ apiUrl }) => sameOrigin(url, apiUrl)) ?? null;
  } catch (error) {
    if (error instanceof UntrustedStackError) return null;
    throw error;
  }
}

function onlyStack(stacks: LocalStack[]): LocalStack | null {
  if (stacks.length <= 1) return stacks[0] ?? null;
  const folders = stacks.map((stack) => stack.folder).join(', ');
  throw new UsageError(`Several stacks run on this machine: ${folders}. Choose one with --stack`);
}

/** Returns the stack of `--stack`, else the stack of this folder or a parent folder, else all that run on this machine. */
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
  return nearest ? [nearest] : trustedStacks(runningStacks(env));
}

/** Returns the trusted ones of these stacks. @throws UntrustedStackError if there are only others */
function trustedStacks(folders: string[]): LocalStack[] {
  let untrusted: UntrustedStackError | null = null;
  const stacks = folders.flatMap((each) => {
    try {
      return readStack(each) ?? [];
    } catch (error) {
      if (!(error instanceof UntrustedStackError)) throw error;
      untrusted = error;
      return [];
    }
  });
  if (stacks.length === 0 && untrusted !== null) throw untrusted;
  return stacks;
}

function nearestStack(folder: string): LocalStack | null {
  const parent = path.dirname(folder);
  return readStack(path.join(folder, '.posthorn')) ?? (parent === folder ? null : nearestStack(parent));
}

/** @throws UntrustedStackError if another user can have written the file */
function readStack(dataDir: string): LocalStack | null {
  const file = path.join(dataDir, 'runtime.json');
  if (!existsSync(file)) return null;
  // Before the file is opened: in the folder of another user it may be a pipe, which never ends.
  if (!isOurs(statSync(dataDir))) throw new UntrustedStackError(file);
  const descriptor = openSync(file, 'r');
  try {
    if (!isOurs(fstatSync(descriptor))) throw new UntrustedStackError(file);
    return { ...JSON.parse(readFileSync(descriptor, 'utf8')), folder: dataDir };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`${file}: ${parseErrorReason(error)}`);
  } finally {
    closeSync(descriptor);
  }
}

const GROUP_OR_OTHERS_MAY_WRITE = 0o022;

/** Returns whether only this user can change a file or folder. Windows has no such modes. */
function isOurs({ uid, mode }: Stats): boolean {
  const user = process.getuid?.();
  return user === undefined || (uid === user && (mode & GROUP_OR_OTHERS_MAY_WRITE) === 0);
}

const sameOrigin = (one: string, other: string): boolean => parseUrl(one)?.origin === parseUrl(other)?.origin;
