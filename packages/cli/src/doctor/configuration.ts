import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createSealer } from '@posthorn/core';
import {
  allConfig,
  type Config,
  ConfigError,
  type Field,
  type OutboxConfig,
  outboundProxy,
  outboundRules,
  payloadSettings,
  readConfig,
  redisSettings,
  singleSignOnSettings,
  type SingleSignOnSettings,
  withSecretFiles,
} from '@posthorn/runtime/config';
import { LOCAL_OUTBOUND, withoutCommandLine, withoutEmpty } from '@posthorn/local';
import type { Sealers } from '../encryption/key-states.js';
import type { LocalStack } from '../command/resolve-api.js';
import type { PayloadStorage } from './check-payloads.js';
import { error, type Finding, unknown } from './finding.js';

const { databaseUrl, redisUrl, encryptionKeys, ...withDefaults } = allConfig;

/** Settings without a default. Each check runs only if its setting is present. */
const REQUIRED = { databaseUrl, redisUrl, encryptionKeys };

export interface Services {
  databaseUrl: string | undefined;
  sealers: Sealers;
  payloads: PayloadStorage;
  redis: ReturnType<typeof redisSettings> | null;
  outbound: ReturnType<typeof outboundRules>;
  proxy: ReturnType<typeof outboundProxy>;
  outboxes: OutboxConfig[];
  singleSignOn: SingleSignOnSettings | null;
}

/** Reads the services' settings from the environment or a local stack. `services` is null if they are missing or invalid. */
export function readServices(
  env: NodeJS.ProcessEnv,
  local: LocalStack | null,
): { services: Services | null; findings: Finding[] } {
  const own = withoutCommandLine(withoutEmpty(env));
  let settings: NodeJS.ProcessEnv;
  try {
    settings = { ...(local && localSettings(local)), ...withSecretFiles(own) };
  } catch (failure) {
    return { services: null, findings: describeConfigError(failure) };
  }
  if (!settings['DATABASE_URL'] && !settings['REDIS_URL'])
    return { services: null, findings: [NOT_CONFIGURED] };
  const isSet = ([, field]: [string, Field]) => Boolean(settings[field.env]);
  const required = Object.entries<Field>(REQUIRED);
  const findings = required
    .filter((field) => !isSet(field))
    .map(([, field]) => unknown('configuration', `${field.env} is not set here`, NOT_CHECKED));
  try {
    const shape = { ...Object.fromEntries(required.filter(isSet)), ...withDefaults };
    const config = readConfig(shape, settings);
    return { services: toServices(config), findings: [...findings, ...signInFindings(config)] };
  } catch (failure) {
    return { services: null, findings: [...describeConfigError(failure), ...findings] };
  }
}

/** Returns that single sign-on is not checked, if this is the environment of a worker or producer. */
function signInFindings({
  oidcIssuer,
  oidcClientSecret,
  oidcRoles,
}: Pick<Config<typeof withDefaults>, 'oidcIssuer' | 'oidcClientSecret' | 'oidcRoles'>): Finding[] {
  if (!oidcIssuer || oidcClientSecret || oidcRoles) return [];
  const { env } = withDefaults.oidcClientSecret;
  return [
    unknown('configuration', `${env} is not set here`, 'Run doctor in the environment of the API, too.'),
  ];
}

/** @throws what is no ConfigError */
function describeConfigError(failure: unknown): Finding[] {
  if (!(failure instanceof ConfigError)) throw failure;
  return failure.message.split('\n').map((line) => error('configuration', line, FIX_IT));
}

/** @throws ConfigError if the settings contradict each other */
function toServices(config: Config<typeof withDefaults> & Partial<Config<typeof REQUIRED>>): Services {
  const { redisUrl: url } = config;
  const { keys, encrypts } = payloadSettings(config);
  return {
    databaseUrl: config.databaseUrl,
    sealers: {
      ...(config.encryptionKeys && { encryption: createSealer(...config.encryptionKeys) }),
      ...(config.payloadKeys && { payload: createSealer(...config.payloadKeys) }),
    },
    payloads: { hasKey: keys !== null, encrypts },
    redis: url === undefined ? null : redisSettings({ ...config, redisUrl: url }),
    outbound: outboundRules(config),
    proxy: outboundProxy(config),
    outboxes: config.outboxes,
    // Workers and producers have the same settings without the secrets of the API.
    singleSignOn: config.oidcClientSecret || config.oidcRoles ? singleSignOnSettings(config) : null,
  };
}

const NOT_CHECKED = 'Skipped the checks that need it.';
const FIX_IT = 'No service starts with this setting. See .env.example.';

const NOT_CONFIGURED = unknown(
  'services',
  'PostgreSQL, Redis and the outbound rules were not checked: DATABASE_URL and REDIS_URL are not set',
  "Run doctor with the services' environment: DATABASE_URL, REDIS_URL, POSTHORN_….",
);

/** Returns the settings with which `posthorn up` starts its services. */
function localSettings(stack: LocalStack): Record<string, string> {
  const keyOf = (name: string, setting: string) => {
    const file = path.join(stack.folder, name);
    return existsSync(file) ? { [setting]: readFileSync(file, 'utf8').trim() } : {};
  };
  return {
    ...LOCAL_OUTBOUND,
    DATABASE_URL: stack.databaseUrl,
    REDIS_URL: stack.redisUrl,
    POSTHORN_QUEUE_PREFIX: stack.queuePrefix,
    ...keyOf('encryption-key', 'POSTHORN_ENCRYPTION_KEY'),
    ...keyOf('payload-key', 'POSTHORN_PAYLOAD_KEY'),
  };
}
