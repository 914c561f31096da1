import { useEffect, useRef, useState } from 'react';
import { client } from '../../api/api.js';
import type { paths } from '../../generated/api.js';
import { notifyProblem } from '../../notify/notify.js';
import { type ExportFormat, serializeRows } from '@posthorn/core/json';

/** The lists that can be exported. */
type ExportedPath = keyof {
  [
    Path in keyof paths as paths[Path] extends { get: { parameters: { query?: { cursor?: string } } } }
      ? Path
      : never
  ]: true;
};

export interface ExportedList {
  path: ExportedPath;
  /** The filters of the list. */
  query: Record<string, unknown>;
  /** The name of the file, without its extension. */
  name: string;
}

export interface Export {
  /** The rows that are loaded; null unless an export is in progress. */
  rows: number | null;
  start: (format: ExportFormat) => void;
  cancel: () => void;
}

/** Maximum number of rows of an export: they are in memory until they are saved. */
export const MAX_EXPORTED = 20_000;

const PAGE_SIZE = 200;

/** Loads a list page by page, and saves it as a file. Ends when the component unmounts. */
export function useExport({ path, query, name }: ExportedList): Export {
  const [rows, setRows] = useState<number | null>(null);
  const running = useRef<AbortController>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function run(format: ExportFormat, signal: AbortSignal) {
    try {
      const loaded = await loadAll({ path, query, signal, onProgress: setRows });
      save(serializeRows(loaded, format), `${name}.${format}`);
    } catch (error) {
      if (!signal.aborted) notifyProblem(error);
    } finally {
      setRows(null);
    }
  }

  return {
    rows,
    start(format) {
      running.current = new AbortController();
      setRows(0);
      void run(format, running.current.signal);
    },
    cancel: () => running.current?.abort(),
  };
}

interface Load extends Pick<ExportedList, 'path' | 'query'> {
  signal: AbortSignal;
  onProgress: (rows: number) => void;
}

async function loadAll({ path, query, signal, onProgress }: Load): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await loadPage(path, { ...query, limit: PAGE_SIZE, cursor }, signal);
    rows.push(...page.data);
    onProgress(rows.length);
    cursor = page.nextCursor;
  } while (cursor !== null && rows.length < MAX_EXPORTED);
  return rows.slice(0, MAX_EXPORTED);
}

interface Page {
  data: Record<string, unknown>[];
  nextCursor: string | null;
}

async function loadPage(path: ExportedPath, query: object, signal: AbortSignal): Promise<Page> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every list has these parameters and this response
  const get = client.GET as unknown as (path: string, init: object) => Promise<{ data?: Page }>;
  const { data } = await get(path, { params: { query }, signal });
  if (!data) throw new Error('The response has no body');
  return data;
}

function save(text: string, fileName: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}
