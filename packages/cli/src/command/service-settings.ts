import type { Config, ConfigShape } from '@posthorn/runtime/config';
import { host } from '../host/host.js';
import { UsageError } from './usage-error.js';

/**
 * Reads settings of the services for a command that works on their database. The others are not read.
 * @throws UsageError if one is missing or invalid
 */
export async function readServiceSettings<Shape extends ConfigShape>(shape: Shape): Promise<Config<Shape>> {
  const { ConfigError, fileVariable, readConfig } = await import('@posthorn/runtime/config');
  const names = Object.values(shape).flatMap((field) => [field.env, fileVariable(field)]);
  try {
    return readConfig(shape, Object.fromEntries(names.map((name) => [name, host().env[name]])));
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(error.message, { cause: error }) : error;
  }
}

/** Returns the URL of the PostgreSQL database of Posthorn. */
export async function readDatabaseUrl(): Promise<string> {
  const { allConfig } = await import('@posthorn/runtime/config');
  const { databaseUrl } = await readServiceSettings({ databaseUrl: allConfig.databaseUrl });
  return databaseUrl;
}
