import type { components } from '../../../generated/api.js';

type BlockedKey = components['schemas']['BlockedKey'];

/** A blocked key as a row of a table. */
export interface BlockedKeyRow extends BlockedKey {
  id: string;
}

interface Pages<Row> {
  pages: { data: Row[] }[];
}

/** Returns pages of rows. The delivery that blocks a key identifies it. */
export function toRows({ pages }: Pages<BlockedKey>): Pages<BlockedKeyRow> {
  return { pages: pages.map(({ data }) => ({ data: data.map((key) => ({ ...key, id: key.deliveryId })) })) };
}
