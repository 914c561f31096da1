/** Returns the SQL expression for the time of a UUIDv7. PostgreSQL 17 has uuid_extract_timestamp(). */
export const idTime = (id: string): string =>
  `to_timestamp(('x' || left(replace(${id}::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;
