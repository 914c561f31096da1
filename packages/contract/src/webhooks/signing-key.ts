import { MAX_PRIVATE_KEY_LENGTH } from '@posthorn/core';
import { z } from 'zod';
import { apiId } from '../values/ids.js';
import { pageOf, timestamp } from '../values/lists.js';
import { text } from '../values/text.js';

const PUBLIC_KEY = /^whpk_[0-9A-Za-z+/]{43}=$/;

export const signingKey = z
  .strictObject({
    id: apiId('signingKey'),
    publicKey: z.string().meta({
      pattern: PUBLIC_KEY.source,
      description: 'The public key, `whpk_` and its 32 bytes in base64.',
      example: 'whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
    }),
    createdAt: timestamp,
    endsAt: timestamp
      .nullable()
      .meta({ description: 'Requests are signed with it until this time. Null for the current key.' }),
  })
  .meta({ id: 'SigningKey', description: 'An Ed25519 key of a webhook, without its private key.' });

export type SigningKeyResponse = z.input<typeof signingKey>;

export const signingKeyPage = pageOf(signingKey, 'SigningKeyPage');

/** A seed, with nothing that the rest must agree with. */
const PRIVATE_KEY_FORMS = [
  'whsk_[0-9A-Za-z+/]{42}[AEIMQUYcgkosw048]=',
  '[0-9a-fA-F]{64}',
  '-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEI[A-P][0-9A-Za-z+/]{42}\\n-----END PRIVATE KEY-----\\n?',
];

const privateKey = text(MAX_PRIVATE_KEY_LENGTH)
  .optional()
  .meta({
    // Stricter than what is accepted: for generated clients and tests.
    pattern: `^(?:${PRIVATE_KEY_FORMS.join('|')})$`,
    description:
      'Your own private key, in one of these forms: PEM (PKCS#8, without a passphrase); `whsk_` and its 32 bytes in base64, or these ' +
      'and the 32 bytes of the public key; the same 32 or 64 bytes in hex. It is stored encrypted and never returned. ' +
      'Default: a new key.',
    example: 'whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=',
  });

/** The Ed25519 key of a new webhook. */
export const initialSigningKey = z.strictObject({ privateKey }).meta({ id: 'InitialSigningKey' });

export const createSigningKeyBody = z
  .strictObject({
    overlapHours: z.int().min(0).max(168).default(24).meta({
      description: 'How long older keys remain valid at most, in hours. 0 ends all of them immediately.',
    }),
    privateKey,
  })
  .meta({ id: 'CreateSigningKey' });

export const publicKeys = z
  .strictObject({ keys: z.array(signingKey).meta({ description: 'The valid keys, newest first.' }) })
  .meta({ id: 'PublicKeys' });

export type PublicKeysResponse = z.input<typeof publicKeys>;
