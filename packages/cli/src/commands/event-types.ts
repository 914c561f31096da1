import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { apiContext, printList, printResult } from '../command/api-command.js';
import { confirm } from '../command/confirm.js';
import { addGroup, examples } from '../command/help.js';
import { addColumnFlags, columnsOf } from '../command/setting-flags.js';
import { EVENT_TYPE_SETTINGS } from '../generated/settings.js';
import {
  DEFAULT,
  listLimit,
  ROW_FORMAT,
  orDefault,
  orNull,
  type Setting,
  wholeNumber,
} from '../command/options.js';

type EventType = components['schemas']['EventType'];
type Settings = components['schemas']['UpdateEventType'];

const NAME = ['<type>', 'Name of the event type, such as invoice.paid'] as const;

const COLUMNS = {
  NAME: ({ name }: EventType) => name,
  GROUP: ({ group }: EventType) => group,
  SCHEMA: ({ schema }: EventType) => (schema ? 'yes' : 'no'),
  'SEARCH KEYS': ({ searchKeys }: EventType) => searchKeys,
  DESCRIPTION: ({ description }: EventType) => description,
};

interface SettingFlags extends Partial<Record<keyof typeof EVENT_TYPE_SETTINGS, unknown>> {
  payloadDays?: Setting<number>;
  historyDays?: Setting<number>;
}

export function addEventTypes(program: Command): void {
  const eventTypes = addGroup(program, 'event-types', 'Manage the catalog of event types');

  eventTypes
    .command('list')
    .description('List event types by name')
    .option('--limit <count>', 'Maximum number of event types', listLimit, 50)
    .addOption(ROW_FORMAT)
    .action(({ limit }: { limit: number }, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.eventTypes.list(page),
        columns: COLUMNS,
        empty: 'No event types',
      }),
    );

  eventTypes
    .command('get')
    .description('Show an event type, its schema and its example')
    .argument(...NAME)
    .action((name: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.eventTypes.get(name)),
    );

  addSettings(
    eventTypes
      .command('create')
      .description('Add an event type to the catalog (requires a key for all tenants)')
      .argument(...NAME),
  )
    .addHelpText(
      'after',
      examples(
        'posthorn event-types create invoice.paid --schema @invoice.json --search-keys /id,/customer/id',
        'posthorn event-types update invoice.paid --ordering-pointer /id',
      ),
    )
    .action(async (name: string, flags: SettingFlags, command: Command) => {
      const settings = await settingsOf(flags);
      await printResult(command, (api) => api.eventTypes.create({ name, ...settings }));
    });

  addSettings(
    eventTypes
      .command('update')
      .description('Change an event type (requires a key for all tenants)')
      .argument(...NAME),
  ).action(async (name: string, flags: SettingFlags, command: Command) => {
    const settings = await settingsOf(flags);
    await printResult(command, (api) => api.eventTypes.update(name, settings));
  });

  eventTypes
    .command('delete')
    .description('Remove an event type from the catalog; its events can still be published')
    .argument(...NAME)
    .option('--yes', 'Skip the confirmation')
    .action(async (name: string, flags: { yes?: boolean }, command: Command) => {
      const { api, output } = apiContext(command);
      if (!(await confirm(`Delete the event type ${name}?`, flags))) return output.note('Cancelled.');
      await api.eventTypes.delete(name);
      output.result({ name, deleted: true }, () => `Deleted ${name}`);
    });
}

function addSettings(command: Command): Command {
  addColumnFlags(command, EVENT_TYPE_SETTINGS);
  return command
    .option(
      '--payload-days <days>',
      'Days for which payloads are kept; 0 until all deliveries are settled',
      orDefault(wholeNumber),
    )
    .option(
      '--history-days <days>',
      'Days for which deliveries and attempts are kept',
      orDefault(wholeNumber),
    )
    .addHelpText(
      'after',
      `\nPass "${DEFAULT}" to remove a setting. JSON values are inline, @file, or - for stdin.`,
    );
}

/** @throws UsageError if a JSON value cannot be read */
const settingsOf = async (flags: SettingFlags): Promise<Settings> => ({
  ...(await columnsOf<Pick<Settings, keyof typeof EVENT_TYPE_SETTINGS>>(EVENT_TYPE_SETTINGS, { ...flags })),
  ...retentionOf(flags),
});

function retentionOf({ payloadDays, historyDays }: SettingFlags): Pick<Settings, 'retention'> {
  const retention = {
    ...(payloadDays !== undefined && { payloadDays: orNull(payloadDays) ?? null }),
    ...(historyDays !== undefined && { historyDays: orNull(historyDays) ?? null }),
  };
  return Object.keys(retention).length > 0 ? { retention } : {};
}
