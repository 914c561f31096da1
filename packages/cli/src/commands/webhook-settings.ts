import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import {
  DEFAULT,
  header,
  jsonSetting,
  list,
  numbers,
  orDefault,
  orNull,
  rateLimit,
  secretJsonSetting,
  type Setting,
  trueOrFalse,
  unchecked,
  wholeNumber,
} from '../command/options.js';

type Settings = Omit<components['schemas']['UpdateWebhook'], 'url' | 'eventTypes' | 'headersApproved'>;

/** Options shared by create and update. */
export interface SettingFlags {
  externalId?: Setting<string>;
  description?: Setting<string>;
  header?: Setting<Record<string, string>>;
  auth?: Setting<string>;
  tags?: Setting<string[]>;
  metadata?: Setting<string>;
  filter?: Setting<string>;
  deliveryFormat?: Setting<string>;
  rateLimit?: Setting<{ limit: number; perSeconds: number }>;
  maxInFlight?: Setting<number>;
  timeoutMs?: Setting<number>;
  retrySchedule?: Setting<number[]>;
  autoSuspendAfterDays?: Setting<number>;
  ordering?: Setting<string>;
  onExhausted?: Setting<string>;
  maxBlockedMinutes?: Setting<number>;
  sequence?: Setting<boolean>;
  shadow?: boolean;
}

export function addSettings(command: Command): Command {
  return command
    .option('--external-id <id>', 'Your own id of the webhook, to be used as ext:<id>')
    .option('--description <text>', 'Description')
    .option('--header <name: value>', 'Custom request header; repeatable', orDefault(header))
    .option('--auth <@file>', 'Authentication at the receiver: JSON in a file, or - for stdin')
    .option('--tags <tags>', 'Your own tags, separated by commas', orDefault(list))
    .option('--metadata <json>', 'Your own metadata; not sent to the receiver')
    .option('--filter <json>', 'JSON Schema that event data must match')
    .option('--delivery-format <json>', 'Body, headers and signatures of requests')
    .option(
      '--rate-limit <limit/seconds>',
      'Maximum requests per number of seconds, such as 50/1',
      orDefault(rateLimit),
    )
    .option('--max-in-flight <count>', 'Maximum concurrent requests', orDefault(wholeNumber))
    .option('--timeout-ms <ms>', 'Request timeout in milliseconds', orDefault(wholeNumber))
    .option(
      '--retry-schedule <seconds>',
      'Comma-separated delays after each failure, in seconds',
      orDefault(numbers),
    )
    .option(
      '--auto-suspend-after-days <days>',
      'Days without a success before suspension (0 = never)',
      orDefault(wholeNumber),
    )
    .option('--ordering <order>', 'Order of the events: none, strict or byKey')
    .option(
      '--on-exhausted <action>',
      'What follows when the retries of a delivery in order are exhausted: skip it, or block the next ones',
    )
    .option(
      '--max-blocked-minutes <minutes>',
      'Minutes after which a delivery in order no longer blocks the next ones',
      orDefault(wholeNumber),
    )
    .option('--sequence <true|false>', 'Number the deliveries', orDefault(trueOrFalse))
    .option(
      '--shadow <true|false>',
      'Create deliveries, but send nothing (keys for all tenants)',
      trueOrFalse,
    )
    .addHelpText(
      'after',
      `\nPass "${DEFAULT}" to reset a setting. JSON values are inline, @file, or - for stdin.`,
    );
}

/** @throws UsageError if a JSON value cannot be read */
export async function settingsOf(flags: SettingFlags): Promise<Settings> {
  return {
    externalId: orNull(flags.externalId),
    description: orNull(flags.description),
    headers: orNull(flags.header),
    auth: await secretJsonSetting('--auth', flags.auth),
    tags: orNull(flags.tags),
    metadata: await jsonSetting('--metadata', flags.metadata),
    filter: await jsonSetting('--filter', flags.filter),
    deliveryFormat: await jsonSetting('--delivery-format', flags.deliveryFormat),
    rateLimit: orNull(flags.rateLimit),
    maxInFlight: orNull(flags.maxInFlight),
    timeoutMs: orNull(flags.timeoutMs),
    retrySchedule: orNull(flags.retrySchedule),
    autoSuspendAfterDays: orNull(flags.autoSuspendAfterDays),
    ordering: unchecked<Settings['ordering']>(orNull(flags.ordering)),
    onExhausted: unchecked<Settings['onExhausted']>(orNull(flags.onExhausted)),
    maxBlockedMinutes: orNull(flags.maxBlockedMinutes),
    sequence: orNull(flags.sequence),
    shadow: flags.shadow,
  };
}
