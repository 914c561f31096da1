import type { ExportedType, ExportPosition } from '@posthorn/contract';
import type { Tenant } from '@posthorn/database/tenants/prisma';
import type { Caller } from '../access/authenticate.js';
import type { ExportDeps } from './deps.js';

/** What an export is of. */
export interface ExportedTenant {
  tenant: Tenant;
  /** The caller as a key of the tenant. */
  reader: Caller;
  /** With the connections of the history only. */
  deps: ExportDeps;
  /** Reads a page when it is the tenant's turn. */
  read: <Result>(read: () => Promise<Result>) => Promise<Result>;
}

export interface ExportedRecord {
  type: ExportedType;
  /** Its place among the records of its type. */
  key: string;
  /** The record as JSON text. */
  json: string;
}

/** A part of an export. */
export interface Section {
  /** The types of its records. */
  types: readonly ExportedType[];
  /** Yields the records, or those after one of them. */
  read: (exported: ExportedTenant, after: ExportPosition | undefined) => AsyncIterable<ExportedRecord>;
}

export const recordOf = (type: ExportedType, key: string, data: object): ExportedRecord => ({
  type,
  key,
  json: JSON.stringify(data),
});

/** A page of records, and the key after which the next one begins. */
export interface RecordPage {
  records: ExportedRecord[];
  /** Null for the last page. */
  next: string | null;
}

/** Returns a section of one type that is read page by page. */
export const pagedSection = (
  type: ExportedType,
  readPage: (exported: ExportedTenant, cursor: string | undefined) => Promise<RecordPage>,
): Section => ({
  types: [type],
  async *read(exported, after) {
    let cursor = after?.key;
    for (;;) {
      const { records, next } = await exported.read(() => readPage(exported, cursor));
      yield* records;
      if (next === null) return;
      cursor = next;
    }
  },
});
