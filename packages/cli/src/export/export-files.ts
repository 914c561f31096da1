import { z } from 'zod';
import { type FileKind, type KnownLines } from '../files/resumable-file.js';
import { UsageError } from '../command/usage-error.js';

/** A line of an export, as far as it is needed to continue it. */
const exportLine = z.object({
  type: z.string(),
  cursor: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type ExportedLine = z.output<typeof exportLine>;

/** The type of the last record. */
export const COMPLETE = 'complete';

/** An export of a tenant: its first line is the tenant. */
export const TENANT_EXPORT: FileKind<ExportedLine> = {
  name: 'an export of a tenant',
  parse: (text) => exportLine.parse(JSON.parse(text)),
  beginnings: (isFirst) => [isFirst ? '{"type":"tenant","cursor":"' : '{"type":"'],
};

/** @throws UsageError if a file contains another tenant, or no tenant */
export function checkTenant({ first, last }: KnownLines<ExportedLine>, id: string, name: string): void {
  if (first.type !== 'tenant')
    throw new UsageError(`${name} is not ${TENANT_EXPORT.name}. It was left as it is.`);
  const others = [first.data['id'], last.data['tenantId'] ?? id].filter((found) => found !== id);
  if (others.length > 0)
    throw new UsageError(`${name} is an export of ${String(others[0])}, not of ${id}. It was left as it is.`);
}

const auditLine = exportLine.extend({
  type: z.literal('audit_entry'),
  data: z.looseObject({ number: z.int(), hash: z.string() }),
});

/** An export of the audit log. The API compares the hash of the cursor. */
export const AUDIT_EXPORT: FileKind<ExportedLine> = {
  name: 'an export of the audit log',
  parse(text) {
    const line = auditLine.parse(JSON.parse(text));
    if (line.cursor !== `${line.data.number}:${line.data.hash}`)
      throw new Error('not the cursor of the entry');
    return line;
  },
  beginnings: () => ['{"type":"audit_entry","cursor":"'],
};
