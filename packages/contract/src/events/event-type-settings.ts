import {
  JSON_POINTER,
  MAX_ORDERING_KEY_LENGTH,
  MAX_ORDERING_POINTER_LENGTH,
  MAX_REDACTION_LENGTH,
  MAX_REDACTIONS,
  MAX_SEARCH_KEY_LENGTH,
  MAX_SEARCH_KEYS,
  MAX_SEARCH_VALUE_BYTES,
  MAX_SEARCH_VALUES,
  REDACTED_VALUE,
} from '@posthorn/core';
import { z } from 'zod';
import { storedJson } from '../values/json-value.js';
import { NO_RETENTION, retention, retentionChanges } from '../values/retention.js';
import { rule } from '../values/rule.js';
import {
  column,
  converted,
  type RequestedSettingsOf,
  type SettingOf,
  settingsTable,
} from '../values/settings-table.js';
import { text } from '../values/text.js';

const jsonPointer = (maxLength: number) =>
  text(maxLength)
    .regex(JSON_POINTER, rule('not_json_pointer', { example: '/order/id' }))
    .meta({ pattern: String.raw`^(?:/(?:[^~/\u0000]|~[01])*)+$` });

const jsonPointers = ({ maxLength, max }: { maxLength: number; max: number }) =>
  z
    .array(jsonPointer(maxLength))
    .max(max)
    .refine((pointers) => new Set(pointers).size === pointers.length, rule('duplicates'))
    .meta({ uniqueItems: true })
    .nullish();

const searchKeys = jsonPointers({ maxLength: MAX_SEARCH_KEY_LENGTH, max: MAX_SEARCH_KEYS }).meta({
  description:
    'JSON Pointers (RFC 6901) into `data`. Events of this type can be found by the values at these places: strings, numbers as ' +
    `they are written, booleans, and the elements of an array; values of at most ${MAX_SEARCH_VALUE_BYTES} bytes, and at most ` +
    `${MAX_SEARCH_VALUES} of an event. Events that were accepted before a key was declared are not found by it.`,
  example: ['/order/id'],
});

const redact = jsonPointers({ maxLength: MAX_REDACTION_LENGTH, max: MAX_REDACTIONS }).meta({
  description:
    'JSON Pointers (RFC 6901) into `data`. Without the scope `payloads:read`, the values at these places are shown as ' +
    `\`${REDACTED_VALUE}\`, and events are not found by them. A name applies to each element of an array: \`/items/price\`. What is sent ` +
    'does not change. Earlier events follow the current setting, too. The place of the ordering key cannot be among them. Removing one ' +
    'requires `payloads:read`.',
  example: ['/card/number'],
});

const orderingPointer = jsonPointer(MAX_ORDERING_POINTER_LENGTH)
  .nullish()
  .meta({
    description:
      'A JSON Pointer (RFC 6901) into `data`. The value at this place is the `orderingKey` of events that are published without one: a ' +
      `string, a number as it is written, or a boolean, of at most ${MAX_ORDERING_KEY_LENGTH} characters. An event with another value ` +
      'there, or none, has no key.',
    example: '/order/id',
  });

/** The settings of event types. Whatever lists them derives from this table, as for webhooks. */
export const EVENT_TYPE_SETTINGS = settingsTable({
  description: column({
    input: text(500).nullish(),
    shown: z.string().nullable(),
    default: null,
    kind: 'text',
    label: 'Description',
    hint: 'For the documentation of your events.',
  }),
  group: column({
    input: text(100).min(1).nullish().meta({ description: 'A heading to list the event type under.' }),
    shown: z.string().nullable(),
    default: null,
    kind: 'text',
    label: 'Group',
    hint: 'Heading to list the event type under.',
  }),
  schema: column({
    input: storedJson(64 * 1024)
      .nullish()
      .meta({
        description:
          'A JSON Schema. Events whose `data` does not match it are rejected. `$schema` names its draft: 2020-12 (the default), ' +
          '2019-09, draft-07, draft-06 or draft-04. The schema must contain everything that it refers to. Patterns must not use ' +
          'lookaround or backreferences.',
      }),
    shown: z.record(z.string(), z.unknown()).nullable(),
    default: null,
    kind: 'json',
    label: 'Schema',
    hint: 'Optional JSON Schema, draft 2020-12 or the one in its $schema. Events that violate it are rejected.',
  }),
  example: column({
    input: storedJson(64 * 1024)
      .nullish()
      .meta({
        description: 'Example `data`, used by test events and documentation. It must match the schema.',
      }),
    shown: z.record(z.string(), z.unknown()).nullable(),
    default: null,
    kind: 'json',
    label: 'Example',
    hint: 'Sent with test events. Must match the schema.',
  }),
  searchKeys: column({
    input: searchKeys,
    shown: z.array(z.string()),
    default: [],
    kind: 'list',
    label: 'Search keys',
    hint: 'JSON Pointers into the data. New events can be found by the values at these paths.',
  }),
  orderingPointer: column({
    input: orderingPointer,
    shown: z.string().nullable(),
    default: null,
    kind: 'text',
    label: 'Ordering pointer',
    hint: 'JSON Pointer to the ordering key in the data. Events that were published without a key get the value at this path.',
  }),
  redact: column({
    input: redact,
    shown: z.array(z.string()),
    default: [],
    kind: 'list',
    label: 'Redacted values',
    hint: 'JSON Pointers into the data. Only keys with payloads:read see the values at these paths, also those of earlier events. Receivers get them.',
  }),
  retention: converted({ input: retentionChanges.optional(), shown: retention, default: NO_RETENTION }),
});

type Settings = typeof EVENT_TYPE_SETTINGS;

export type EventTypeSetting = SettingOf<Settings>;
export type RequestedEventTypeSettings = RequestedSettingsOf<Settings>;
