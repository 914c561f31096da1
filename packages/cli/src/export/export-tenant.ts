import { type FileHandle, open } from 'node:fs/promises';
import type { ApiContext } from '../api-command.js';
import { resolvePath } from '../host.js';
import { tenantReference } from '../resolve-tenant.js';
import { UsageError } from '../usage-error.js';
import { lastLineOf } from './last-line.js';

export interface ExportFlags {
  output: string;
  resume?: boolean;
}

/** What is written at a time, in characters. */
const CHUNK_LENGTH = 256 * 1024;

const PROGRESS_MS = 5000;

/** The type of the last record. */
const COMPLETE = 'complete';

/** Writes the export of a tenant to a file, which only its owner can read. @throws UsageError if the file exists, unless it is resumed */
export async function exportTenant(
  { api, output }: ApiContext,
  tenant: string,
  flags: ExportFlags,
): Promise<void> {
  await exportTo({ output, flags, hasEnd: true }, async (after) =>
    api.tenants.export(await tenantReference(api, tenant), after),
  );
}

/** Writes the audit log to such a file. It has no end: a later export continues it. @throws UsageError as above */
export async function exportAudit({ api, output }: ApiContext, flags: ExportFlags): Promise<void> {
  await exportTo({ output, flags, hasEnd: false }, (after) =>
    Promise.resolve(api.auditEntries.export(after)),
  );
}

interface ExportFile {
  output: ApiContext['output'];
  flags: ExportFlags;
  /** The last line of the file says that it is complete. */
  hasEnd: boolean;
}

type Read = (after: { after?: string }) => Promise<AsyncIterable<{ type: string; text: string }>>;

async function exportTo(
  { output, flags: { output: name, resume = false }, hasEnd }: ExportFile,
  read: Read,
): Promise<void> {
  const file = await openFile(name, resume);
  try {
    const last = resume ? await lastRecordOf(file, name) : null;
    if (last?.type === COMPLETE) {
      output.note(`${name} is complete already.`);
      return;
    }
    let records = 0;
    let notedAtMs = performance.now();
    let chunk = '';
    for await (const { type, text } of await read(last ? { after: last.cursor } : {})) {
      if (type !== COMPLETE || hasEnd) chunk += `${text}\n`;
      if (type !== COMPLETE) records += 1;
      if (chunk.length >= CHUNK_LENGTH) {
        await file.appendFile(chunk);
        chunk = '';
      }
      if (performance.now() - notedAtMs >= PROGRESS_MS) {
        output.note(`${records} records, now of the type ${type}`);
        notedAtMs = performance.now();
      }
    }
    await file.appendFile(chunk);
    await file.sync();
    output.result({ file: name, records }, () => `Exported ${records} records to ${name}`);
  } finally {
    await file.close();
  }
}

async function openFile(name: string, resume: boolean): Promise<FileHandle> {
  const path = resolvePath(name);
  try {
    return await open(path, resume ? 'a+' : 'ax', 0o600);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EEXIST')
      throw new UsageError(`${name} already exists. Continue it with --resume, or choose another file.`);
    throw error;
  }
}

/** Removes an incomplete last line, and returns the record of the line before it; null if there is none. @throws UsageError if it is no export */
async function lastRecordOf(
  file: FileHandle,
  name: string,
): Promise<{ type: string; cursor: string } | null> {
  const last = await lastLineOf(file);
  await file.truncate(last.end);
  if (last.text === null) return null;
  try {
    const { type, cursor } = JSON.parse(last.text);
    if (typeof type === 'string' && typeof cursor === 'string') return { type, cursor };
  } catch {
    // Not JSON.
  }
  throw new UsageError(`${name} is not an export`);
}
