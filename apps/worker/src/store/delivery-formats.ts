import {
  type CompiledFormat,
  compileFormat,
  type DeliveryFormat,
  groupCommit,
  STANDARD_FORMAT_ID,
} from '@posthorn/core';
import { LRUCache } from 'lru-cache';

/** A format with its id, which the record of a failed attempt contains. */
export interface AppliedFormat {
  id: string;
  /** Null for the standard format. */
  compiled: CompiledFormat | null;
}

const MAX_FORMATS = 1000;

const STANDARD: AppliedFormat = { id: STANDARD_FORMAT_ID, compiled: null };

/** The formats of requests. They never change, so they are read only once. */
export class DeliveryFormats {
  readonly #cache = new LRUCache<string, AppliedFormat>({ max: MAX_FORMATS });
  readonly #read: (id: string) => Promise<DeliveryFormat | undefined>;

  /** @param find reads formats, by id */
  constructor(find: (ids: string[]) => Promise<Map<string, DeliveryFormat>>) {
    this.#read = groupCommit(async (ids: string[]) => {
      const found = await find([...new Set(ids)]);
      return ids.map((id) => found.get(id));
    });
  }

  /** Returns the standard format, or one that was read before. */
  known(id: string | null): AppliedFormat | undefined {
    return id === null || id === STANDARD_FORMAT_ID ? STANDARD : this.#cache.get(id);
  }

  /** Returns a format, or null if it does not exist. */
  async load(id: string | null): Promise<AppliedFormat | null> {
    const known = this.known(id);
    if (known || id === null) return known ?? STANDARD;
    const spec = await this.#read(id);
    if (!spec) return null;
    const format = { id, compiled: compileFormat(spec) };
    this.#cache.set(id, format);
    return format;
  }
}
