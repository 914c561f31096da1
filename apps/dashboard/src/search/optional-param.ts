import * as z from 'zod/mini';

/** A part of the address. One that does not fit counts as absent: an old link still leads somewhere. */
export function optionalParam<Schema extends z.ZodMiniType>(schema: Schema) {
  // oxlint-disable-next-line promise/valid-params -- no promise
  return z.catch(z.optional(schema), undefined);
}
