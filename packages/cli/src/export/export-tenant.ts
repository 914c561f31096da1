import type { ApiContext } from '../command/api-command.js';
import { type FileKind, openResumable } from '../files/resumable-file.js';
import { tenantReference } from '../command/resolve-tenant.js';
import { AUDIT_EXPORT, checkTenant, COMPLETE, type ExportedLine, TENANT_EXPORT } from './export-files.js';

export interface ExportFlags {
  output: string;
  resume?: boolean;
}

/** What is written at a time, in characters. */
const CHUNK_LENGTH = 256 * 1024;

const PROGRESS_MS = 5000;

/**
 * Writes the export of a tenant to a file, which only its owner can read.
 * @throws UsageError if the file exists, unless it is an export of this tenant that is resumed
 */
export async function exportTenant(
  { api, output }: ApiContext,
  tenant: string,
  flags: ExportFlags,
): Promise<void> {
  const { id } = await api.tenants.get(await tenantReference(api, tenant));
  await exportTo({
    output,
    flags,
    kind: TENANT_EXPORT,
    check: (lines) => checkTenant(lines, id, flags.output),
    hasEnd: true,
    read: (after) => api.tenants.export(id, after),
  });
}

/** Writes the audit log to such a file. It has no end: a later export continues it. @throws UsageError as above */
export async function exportAudit({ api, output }: ApiContext, flags: ExportFlags): Promise<void> {
  await exportTo({
    output,
    flags,
    kind: AUDIT_EXPORT,
    hasEnd: false,
    read: (after) => api.auditEntries.export(after),
  });
}

interface Export {
  output: ApiContext['output'];
  flags: ExportFlags;
  kind: FileKind<ExportedLine>;
  check?: (lines: { first: ExportedLine; last: ExportedLine }) => void;
  /** The last line of the file says that it is complete. */
  hasEnd: boolean;
  read: (after: { after?: string }) => AsyncIterable<{ type: string; text: string }>;
}

async function exportTo({
  output,
  flags: { output: name, resume = false },
  kind,
  check,
  hasEnd,
  read,
}: Export): Promise<void> {
  const file = await openResumable(name, kind, resume ? 'continue' : 'refuse');
  try {
    if (file.lines) check?.(file.lines);
    const last = file.lines?.last;
    if (last?.type === COMPLETE) {
      await file.begin();
      output.note(`${name} is complete already.`);
      return;
    }
    let hasBegun = false;
    let records = 0;
    let notedAtMs = performance.now();
    let chunk = '';
    for await (const { type, text } of read(last ? { after: last.cursor } : {})) {
      // The API has accepted the position.
      if (!hasBegun) await file.begin();
      hasBegun = true;
      if (type !== COMPLETE || hasEnd) chunk += `${text}\n`;
      if (type !== COMPLETE) records += 1;
      if (chunk.length >= CHUNK_LENGTH) {
        await file.append(chunk);
        chunk = '';
      }
      if (performance.now() - notedAtMs >= PROGRESS_MS) {
        output.note(`${records} records, now of the type ${type}`);
        notedAtMs = performance.now();
      }
    }
    await file.append(chunk);
    await file.sync();
    output.result({ file: name, records }, () => `Exported ${records} records to ${name}`);
  } finally {
    await file.close();
  }
}
