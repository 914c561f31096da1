import type { Secrets } from './data-directory.js';
import type { ServiceRole } from './roles.js';
import { withoutCommandLine } from './without-command-line.js';

export interface ServiceSettings {
  databaseUrl: string;
  redisUrl: string;
  queuePrefix: string;
  secrets: Secrets;
  apiUrl: string;
  apiHost: string;
  apiPort: number;
  /** Overrides all other settings. */
  extra: Record<string, string>;
}

/** Lets webhooks of a local stack point to a server on this machine. */
export const LOCAL_OUTBOUND = {
  POSTHORN_OUTBOUND_ALLOW: '127.0.0.0/8,::1/128',
  POSTHORN_OUTBOUND_HTTP: 'true',
  POSTHORN_OUTBOUND_PORTS: '*',
};

/** Returns the environment of a service. Inherited variables win, except the addresses of the stack itself. */
export function serviceEnvironment(
  role: ServiceRole,
  settings: ServiceSettings,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  // The log file is one of the stack, and the health port cannot be that of several processes.
  const {
    POSTHORN_ADMIN_KEY: _admin,
    POSTHORN_LOG_FILE: _log,
    POSTHORN_HEALTH_PORT: _port,
    ...inherited
  } = withoutCommandLine(env);
  return {
    NODE_ENV: 'production',
    ...LOCAL_OUTBOUND,
    // There is no load balancer.
    POSTHORN_DRAIN_MS: '0',
    ...inherited,
    DATABASE_URL: settings.databaseUrl,
    REDIS_URL: settings.redisUrl,
    POSTHORN_QUEUE_PREFIX: settings.queuePrefix,
    POSTHORN_ENCRYPTION_KEY: settings.secrets.encryptionKey,
    POSTHORN_PAYLOAD_KEY: settings.secrets.payloadKey,
    ...((role === 'api' || role === 'all') && {
      POSTHORN_ADMIN_KEY: settings.secrets.adminKey,
      POSTHORN_HOST: settings.apiHost,
      POSTHORN_PORT: String(settings.apiPort),
    }),
    ...settings.extra,
  };
}
