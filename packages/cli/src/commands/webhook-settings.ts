import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import {
  unchecked,
  DEFAULT,
  header,
  numbers,
  orDefault,
  rateLimit,
  readJson,
  wholeNumber,
} from '../options.js';

type Settings = Omit<components['schemas']['UpdateWebhook'], 'url' | 'eventTypes'>;

type Setting<T> = T | typeof DEFAULT;

/** What create and update have in common. */
export interface SettingFlags {
  description?: Setting<string>;
  header?: Setting<Record<string, string>>;
  metadata?: Setting<string>;
  filter?: Setting<string>;
  rateLimit?: Setting<{ limit: number; perSeconds: number }>;
  maxInFlight?: Setting<number>;
  timeoutMs?: Setting<number>;
  retrySchedule?: Setting<number[]>;
  autoSuspendAfterDays?: Setting<number>;
}

export function addSettings(command: Command): Command {
  return command
    .option('--description <text>', 'what it is for')
    .option(
      '--header <name: value>',
      'a header of every request; as often as there are some',
      orDefault(header),
    )
    .option('--metadata <json>', 'anything of your own, not sent')
    .option('--filter <json>', 'only events whose data fit this JSON Schema')
    .option('--rate-limit <limit/seconds>', 'most requests in so many seconds', orDefault(rateLimit))
    .option('--max-in-flight <count>', 'most requests at the same time', orDefault(wholeNumber))
    .option('--timeout-ms <ms>', 'longest that a request may take', orDefault(wholeNumber))
    .option('--retry-schedule <seconds>', 'waits after each failure, comma-separated', orDefault(numbers))
    .option('--auto-suspend-after-days <days>', 'days of failures; 0: never', orDefault(wholeNumber))
    .addHelpText(
      'after',
      `\nA setting that is "${DEFAULT}" goes back to its default. JSON comes as it is, as @file, or as - from stdin.`,
    );
}

/** @throws UsageError when JSON cannot be read */
export async function settingsOf(flags: SettingFlags): Promise<Settings> {
  return {
    description: orNull(flags.description),
    headers: orNull(flags.header),
    metadata: await jsonObject('--metadata', flags.metadata),
    filter: await jsonObject('--filter', flags.filter),
    rateLimit: orNull(flags.rateLimit),
    maxInFlight: orNull(flags.maxInFlight),
    timeoutMs: orNull(flags.timeoutMs),
    retrySchedule: orNull(flags.retrySchedule),
    autoSuspendAfterDays: orNull(flags.autoSuspendAfterDays),
  };
}

/** In the API null is the default. */
const orNull = <T>(setting: Setting<T> | undefined): T | null | undefined =>
  setting === DEFAULT ? null : setting;

async function jsonObject(option: string, value: string | undefined) {
  const json = orNull(value);
  if (json === null || json === undefined) return json;
  return unchecked<Record<string, unknown>>(await readJson(option, json));
}
