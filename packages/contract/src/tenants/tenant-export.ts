import { NO_CONTROL_CHARACTERS } from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../values/rule.js';

/** The types of the records of an export, in their order. */
export const EXPORTED_TYPES = [
  'tenant',
  'recipient',
  'webhook',
  'api_key',
  'portal_link',
  'event_type',
  'event',
  'delivery',
  'attempt',
  'rejected_event',
  'replay',
  'recovery',
  'usage',
  'audit_entry',
  'complete',
] as const;

export type ExportedType = (typeof EXPORTED_TYPES)[number];

/** A line of an export. */
export interface ExportLine {
  type: ExportedType;
  /** Continues the export after this line. */
  cursor: string;
  /** The record, as the API returns it elsewhere. */
  data: Record<string, unknown>;
}

/** The position of a record: its type and its place among those of the type. Opaque to clients. */
export interface ExportPosition {
  type: ExportedType;
  key: string;
}

const MAX_CURSOR_LENGTH = 1024;

export const encodeExportCursor = ({ type, key }: ExportPosition): string =>
  Buffer.from(`${type} ${key}`).toString('base64url');

export const exportCursor = z
  .string()
  .max(MAX_CURSOR_LENGTH)
  .transform((text, context): ExportPosition => {
    const [name, key] = Buffer.from(text, 'base64url').toString().split(' ', 2);
    const type = EXPORTED_TYPES.find((each) => each === name);
    if (type !== undefined && key !== undefined && isKeyOf(type, key)) return { type, key };
    context.addIssue({ code: 'custom', message: rule('not_cursor') });
    return z.NEVER;
  })
  .meta({
    description: 'The `cursor` of the last line that was received. Default: from the beginning.',
  });

const ID = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}';
const PATTERNS: Partial<Record<ExportedType, RegExp>> = {
  recipient: NO_CONTROL_CHARACTERS,
  event_type: NO_CONTROL_CHARACTERS,
  // Of the delivery and the attempt.
  // regexp-reviewed -- fixed lengths, from the start
  attempt: new RegExp(`^${ID}/${ID}$`),
};
// regexp-reviewed -- fixed lengths, from the start
const OF_ID = new RegExp(`^${ID}$`);

const isKeyOf = (type: ExportedType, key: string): boolean =>
  type === 'usage' ? z.iso.date().safeParse(key).success : (PATTERNS[type] ?? OF_ID).test(key);
