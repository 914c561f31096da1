import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  apiConfig,
  type Config,
  ConfigError,
  type Field,
  outboundRules,
  producerConfig,
  readConfig,
  redisSettings,
  workerConfig,
} from '@posthorn/contract';
import { LOCAL_OUTBOUND } from '@posthorn/local';
import type { LocalStack } from '../resolve-api.js';
import { error, type Finding, unknown } from './finding.js';

const { databaseUrl, redisUrl, encryptionKey, ...withDefaults } = {
  ...apiConfig,
  ...producerConfig,
  ...workerConfig,
};

/** What a check may do without. */
const PLACES = { databaseUrl, redisUrl, encryptionKey };

export interface Services {
  databaseUrl: string | undefined;
  encryptionKey: Buffer | undefined;
  redis: ReturnType<typeof redisSettings> | null;
  outbound: ReturnType<typeof outboundRules>;
}

/** What the environment, or else a local stack, says of the services; null when that is nothing, or wrong. */
export function readServices(
  env: NodeJS.ProcessEnv,
  local: LocalStack | null,
): { services: Services | null; findings: Finding[] } {
  const { POSTHORN_URL: _url, POSTHORN_API_KEY: _key, ...own } = env;
  const settings = { ...(local && localSettings(local)), ...own };
  if (!settings['DATABASE_URL'] && !settings['REDIS_URL'])
    return { services: null, findings: [NOTHING_KNOWN] };
  const isSaid = ([, field]: [string, Field]) => Boolean(settings[field.env]);
  const places = Object.entries<Field>(PLACES);
  const findings = places
    .filter((place) => !isSaid(place))
    .map(([, field]) => unknown('configuration', `${field.env} is not set here`, NOT_CHECKED));
  try {
    const shape = { ...Object.fromEntries(places.filter(isSaid)), ...withDefaults };
    return { services: toServices(readConfig(shape, settings)), findings };
  } catch (failure) {
    if (!(failure instanceof ConfigError)) throw failure;
    const wrong = failure.message.split('\n').map((line) => error('configuration', line, FIX_IT));
    return { services: null, findings: [...wrong, ...findings] };
  }
}

/** @throws ConfigError when the settings do not fit each other */
function toServices(config: Config<typeof withDefaults> & Partial<Config<typeof PLACES>>): Services {
  const { redisUrl: url } = config;
  return {
    databaseUrl: config.databaseUrl,
    encryptionKey: config.encryptionKey,
    redis: url === undefined ? null : redisSettings({ ...config, redisUrl: url }),
    outbound: outboundRules(config),
  };
}

const NOT_CHECKED = 'What depends on it is not checked.';
const FIX_IT = 'No process starts with it. See .env.example.';

const NOTHING_KNOWN = unknown(
  'services',
  'PostgreSQL, Redis and the outbound rules could not be checked: it is not known here where they are',
  'Run it with the environment of the services: DATABASE_URL, REDIS_URL, POSTHORN_….',
);

/** What `posthorn up` gives its services. */
function localSettings(stack: LocalStack): Record<string, string> {
  const keyFile = path.join(stack.folder, 'encryption-key');
  return {
    ...LOCAL_OUTBOUND,
    DATABASE_URL: stack.databaseUrl,
    REDIS_URL: stack.redisUrl,
    POSTHORN_QUEUE_PREFIX: stack.queuePrefix,
    ...(existsSync(keyFile) && { POSTHORN_ENCRYPTION_KEY: readFileSync(keyFile, 'utf8').trim() }),
  };
}
