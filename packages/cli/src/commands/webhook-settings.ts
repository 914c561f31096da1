import { type ColumnSetting, WEBHOOK_SETTINGS, type WebhookSetting } from '@posthorn/contract';
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
  for (const name of WEBHOOK_SETTINGS.columns) addColumnFlag(command, name);
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

const flagOf = (name: ColumnSetting): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function addColumnFlag(command: Command, name: ColumnSetting): void {
  const { label, hint, ...row } = WEBHOOK_SETTINGS.rows[name];
  const flag = flagOf(name);
  const unit = 'unit' in row ? row.unit : 'number';
  const help = hint.replace(/\.$/, '');
  switch (row.kind) {
    case 'text':
      return void command.option(`${flag} <text>`, `${label}. ${help}`);
    case 'number':
      return void command.option(`${flag} <${unit}>`, `${label}. ${help}`, orDefault(wholeNumber));
    case 'numbers':
      return void command.option(
        `${flag} <${unit}>`,
        `${label}, separated by commas. ${help}`,
        orDefault(numbers),
      );
    case 'boolean':
      return void command.option(`${flag} <true|false>`, `${label}. ${help}`, orDefault(trueOrFalse));
    // The API checks the value.
    case 'choice':
      return void command.option(`${flag} <${row.shown.options.join('|')}>`, `${label}. ${help}`);
    case 'list':
      return void command.option(`${flag} <list>`, `${label}, separated by commas. ${help}`, orDefault(list));
    case 'json':
      return void command.option(`${flag} <json>`, `${label}. ${help}`);
  }
}

/** @throws UsageError if a JSON value cannot be read */
export async function settingsOf(flags: SettingFlags): Promise<Settings> {
  const columns: [ColumnSetting, unknown][] = [];
  for (const name of WEBHOOK_SETTINGS.columns) columns.push([name, await columnOf(name, flags[name])]);
  return {
    ...unchecked<Pick<Settings, ColumnSetting>>(Object.fromEntries(columns)),
    ...(await convertedSettingsOf(flags)),
    shadow: flags.shadow,
  };
}

const columnOf = (name: ColumnSetting, value: unknown): unknown =>
  WEBHOOK_SETTINGS.rows[name].kind === 'json'
    ? jsonSetting(flagOf(name), unchecked<Setting<string> | undefined>(value))
    : orNull(value);

const convertedSettingsOf = async (flags: ConvertedFlags): Promise<Pick<Settings, ConvertedSetting>> =>
  ({
    headers: orNull(flags.header),
    auth: await secretJsonSetting<Settings['auth'] & object>('--auth', flags.auth),
    filter: await jsonSetting('--filter', flags.filter),
    deliveryFormat: await jsonSetting('--delivery-format', flags.deliveryFormat),
    rateLimit: orNull(flags.rateLimit),
  }) satisfies Record<ConvertedSetting, unknown>;
