import * as z from 'zod/mini';
import { readJsonObject, writeJson } from '../../../components/json-field.js';

const ED25519_SIGNATURE = { profile: 'standard-webhooks', algorithm: 'ed25519' };

const algorithm = z.literal('ed25519');

const onlyEd25519 = z.object({
  signatures: z
    .array(z.union([z.object({ algorithm }), z.object({ custom: z.object({ algorithm }) })]))
    .check(z.minLength(1)),
});

/** Returns whether a delivery format has only Ed25519 signatures, so that its webhook needs no signing secret. */
export const hasOnlyEd25519 = (format: unknown): boolean => onlyEd25519.safeParse(format).success;

/** As `hasOnlyEd25519`, of the text of a field. */
export const isEd25519Json = (json: string): boolean => hasOnlyEd25519(readJsonObject(json));

/** Replaces the signatures of a format as JSON by an Ed25519 signature, or by the default. */
export function withEd25519(json: string, isEd25519: boolean): string {
  const { signatures: _, ...rest } = readJsonObject(json) ?? {};
  if (isEd25519) return writeJson({ ...rest, signatures: [ED25519_SIGNATURE] });
  return Object.keys(rest).length === 0 ? '' : writeJson(rest);
}
