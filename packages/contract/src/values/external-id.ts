import { z } from 'zod';
import { rule } from './rule.js';

const PREFIX = 'ext:';

const CHARACTERS = '[!-~]{1,255}';

/** A caller's own id for a tenant or webhook. */
export const externalId = z
  .string()
  // regexp-reviewed -- characters that occur once, from the start
  .regex(new RegExp(`^${CHARACTERS}$`), rule('not_ascii_word', { max: 255 }))
  .meta({ example: 'customer-4711' });

/** The pattern of `ext:` and an external id. */
export const EXTERNAL_REFERENCE = `${PREFIX}${CHARACTERS}`;

/** `ext:` and an external id. Parsed to the external id. */
export const externalReference = z
  .string()
  // regexp-reviewed -- a prefix and characters that occur once, from the start
  .regex(new RegExp(`^${EXTERNAL_REFERENCE}$`), rule('not_external_reference', { max: 255 }))
  .transform((text) => text.slice(PREFIX.length));

/** What a request names by its external id. The API replaces it by the id before it handles the request. */
export class ExternalReference {
  readonly kind: 'tenant' | 'webhook';
  readonly externalId: string;

  constructor(kind: 'tenant' | 'webhook', id: string) {
    this.kind = kind;
    this.externalId = id;
  }
}

/** Returns the reference if a text is `ext:` and an external id, else null. */
export function parseExternalReference(
  kind: ExternalReference['kind'],
  text: string,
): ExternalReference | null {
  const { success, data } = externalReference.safeParse(text);
  return success ? new ExternalReference(kind, data) : null;
}

/** Declares the type that a reference has when the request is handled. */
export const unresolved = (reference: ExternalReference): string =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- replaced before it is used
  reference as unknown as string;
