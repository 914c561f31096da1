import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { groupBy } from '@posthorn/core';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { resolvePath } from '../host/host.js';
import { rateLimit, unchecked } from '../command/options.js';
import { parseErrorReason } from '../command/parse-error.js';
import { cannotRead, UsageError } from '../command/usage-error.js';
import {
  type ImportedEventType,
  type ImportedTenant,
  type ImportedWebhook,
  type ImportSource,
  type WebhookSettings,
  webhookSettings,
} from './records.js';

const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** All settings of a webhook. Their values are checked by the API. */
const settings = unchecked<Record<keyof WebhookSettings, z.ZodOptional<z.ZodUnknown>>>(
  Object.fromEntries(Object.keys(webhookSettings.shape).map((name) => [name, z.unknown().optional()])),
);

/** A line of an NDJSON file, or a row of a CSV file. */
const record = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tenant'), externalId: z.string(), name: z.string() }),
  z.strictObject({
    kind: z.literal('eventType'),
    name: z.string(),
    description: z.string().optional(),
    group: z.string().optional(),
    schema: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({
    kind: z.literal('webhook'),
    /** The external id of the tenant. Absent: the default tenant. */
    tenant: z.string().optional(),
    externalId: z.string(),
    url: z.string(),
    ...settings,
    eventTypes: z.array(z.string()).min(1),
    secret: z.string().optional(),
    secretEncoding: z.enum(['base64', 'text']).optional(),
    enabled: z.boolean().default(true),
  }),
]);
type Line = z.output<typeof record>;
type EventTypeLine = Extract<Line, { kind: 'eventType' }>;
type WebhookLine = Extract<Line, { kind: 'webhook' }>;

/** The columns of a CSV file, each row of which is a webhook. */
const csvRow = z
  .strictObject({
    tenant: z.string().optional(),
    externalId: z.string(),
    url: z.string(),
    eventTypes: z.string(),
    description: z.string().optional(),
    headers: z.string().optional(),
    rateLimit: z.string().optional(),
    secret: z.string().optional(),
    secretEncoding: z.string().optional(),
    enabled: z.string().optional(),
  })
  .transform(({ eventTypes, headers, rateLimit: rate, enabled, ...row }) => ({
    kind: 'webhook',
    ...Object.fromEntries(Object.entries(row).filter(([, value]) => value !== '')),
    eventTypes: eventTypes.split(/[\s,;]+/).filter((type) => type !== ''),
    ...(headers && { headers: JSON.parse(headers) }),
    ...(rate && { rateLimit: rateLimit(rate) }),
    enabled: !['false', 'no', '0'].includes((enabled ?? '').toLowerCase()),
  }));

/** @throws UsageError if the file cannot be read or a line is invalid */
export async function fromFile(file: string, format: 'csv' | 'ndjson'): Promise<ImportSource> {
  const lines = toLines(await readText(file), format, file);
  const named = new Map(
    lines.flatMap((line) => (line.kind === 'tenant' ? [[line.externalId, line.name]] : [])),
  );
  const webhooks = groupBy(
    lines.filter((line) => line.kind === 'webhook'),
    ({ tenant }) => tenant ?? null,
  );
  const tenants = new Set([...named.keys(), ...webhooks.keys()]);
  return {
    name: `file ${path.basename(file)}`,
    format: 'its delivery format',
    isLive: false,
    async *eventTypes() {
      for (const line of lines) if (line.kind === 'eventType') yield toEventType(line);
    },
    async *tenants(): AsyncGenerator<ImportedTenant> {
      for (const externalId of tenants)
        yield {
          externalId,
          name: (externalId === null ? undefined : named.get(externalId)) ?? externalId ?? 'default',
          webhooks: () => Promise.resolve((webhooks.get(externalId) ?? []).map(toWebhook)),
        };
    },
    // It was read completely.
    has: ({ tenant, id }) =>
      Promise.resolve((webhooks.get(tenant) ?? []).some(({ externalId }) => externalId === id)),
  };
}

const toEventType = ({ kind: _kind, ...line }: EventTypeLine): ImportedEventType => ({ ...line, notes: [] });

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(resolvePath(file));
    if (size > MAX_FILE_BYTES) throw new UsageError(`${file} is larger than ${MAX_FILE_BYTES} bytes`);
    return await readFile(resolvePath(file), 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw cannotRead(file, error);
  }
}

function toLines(text: string, format: 'csv' | 'ndjson', file: string): Line[] {
  const rows: unknown[] =
    format === 'csv' ? csvRows(text, file) : text.split('\n').filter((line) => line.trim() !== '');
  return rows.map((row, index) => {
    try {
      const value = format === 'csv' ? csvRow.parse(row) : JSON.parse(String(row));
      return record.parse(value);
    } catch (error) {
      throw new UsageError(`${file}: record ${index + 1}: ${parseErrorReason(error)}`, { cause: error });
    }
  });
}

const REQUIRED_COLUMNS = ['externalId', 'url', 'eventTypes'];

/** Without a header, the first row is data, which errors must not quote: it may have a secret. */
function columnsOf(header: string[]): string[] {
  if (REQUIRED_COLUMNS.every((name) => header.includes(name))) return header;
  throw new UsageError(`the first row must be a header with the columns ${REQUIRED_COLUMNS.join(', ')}`);
}

function csvRows(text: string, file: string): unknown[] {
  try {
    return parse(text, { columns: columnsOf, bom: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    const reason = error instanceof UsageError ? error.message : parseErrorReason(error);
    throw new UsageError(`${file}: ${reason}`, { cause: error });
  }
}

function toWebhook({
  externalId,
  url,
  secret,
  secretEncoding,
  enabled,
  ...line
}: WebhookLine): ImportedWebhook {
  const { kind: _kind, tenant: _tenant, ...others } = line;
  return {
    externalId,
    url,
    settings: unchecked<WebhookSettings>(others),
    secrets: secret === undefined ? [] : [{ secret, secretEncoding }],
    isEnabled: enabled,
    notes: [],
  };
}
