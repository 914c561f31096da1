import * as z from 'zod/mini';

/** An optional search parameter. An invalid value counts as absent, so that outdated links still work. */
export function optionalParam<Schema extends z.ZodMiniType>(schema: Schema) {
  // oxlint-disable-next-line promise/valid-params -- not a promise
  return z.catch(z.optional(schema), undefined);
}
