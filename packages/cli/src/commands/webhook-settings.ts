import type { ColumnSetting, WebhookSetting } from '@posthorn/contract';
import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import {
  DEFAULT,
  header,
  jsonSetting,
  orDefault,
  orNull,
  rateLimit,
  secretJsonSetting,
  type Setting,
  trueOrFalse,
} from '../command/options.js';
import { addColumnFlags, columnsOf } from '../command/setting-flags.js';
import { WEBHOOK_SETTINGS } from '../generated/settings.js';

type Settings = Omit<components['schemas']['UpdateWebhook'], 'url' | 'eventTypes' | 'headersApproved'>;

/** The settings without a flag: the command `certificates` reads their files. */
type Certificates = 'clientCertificate' | 'caCertificates';

type ConvertedSetting = Exclude<WebhookSetting, ColumnSetting | Certificates>;

interface ConvertedFlags {
  header?: Setting<Record<string, string>>;
  auth?: Setting<string>;
  filter?: Setting<string>;
  deliveryFormat?: Setting<string>;
  rateLimit?: Setting<{ limit: number; perSeconds: number }>;
}

/** Options shared by create and update. Those of columns have the name of their setting. */
export interface SettingFlags extends ConvertedFlags, Partial<Record<ColumnSetting, unknown>> {
  shadow?: boolean;
}

export function addSettings(command: Command): Command {
  addColumnFlags(command, WEBHOOK_SETTINGS);
  return command
    .option('--header <name: value>', 'Custom request header; repeatable', orDefault(header))
    .option('--auth <@file>', 'Authentication at the receiver: JSON in a file, or - for stdin')
    .option('--filter <json>', 'JSON Schema that event data must match')
    .option('--delivery-format <json>', 'Body, headers and signatures of requests')
    .option(
      '--rate-limit <limit/seconds>',
      'Maximum requests per number of seconds, such as 50/1',
      orDefault(rateLimit),
    )
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
    ...(await columnsOf<Pick<Settings, ColumnSetting>>(WEBHOOK_SETTINGS, { ...flags })),
    ...(await convertedSettingsOf(flags)),
    shadow: flags.shadow,
  };
}

const convertedSettingsOf = async (flags: ConvertedFlags): Promise<Pick<Settings, ConvertedSetting>> =>
  ({
    headers: orNull(flags.header),
    auth: await secretJsonSetting<Settings['auth'] & object>('--auth', flags.auth),
    filter: await jsonSetting('--filter', flags.filter),
    deliveryFormat: await jsonSetting('--delivery-format', flags.deliveryFormat),
    rateLimit: orNull(flags.rateLimit),
  }) satisfies Record<ConvertedSetting, unknown>;
