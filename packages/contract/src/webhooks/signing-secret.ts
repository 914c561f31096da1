import { MAX_OWN_SECRET_LENGTH, SECRET_ENCODINGS } from '@posthorn/core';
import { z } from 'zod';
import { apiId } from '../values/ids.js';
import { pageOf, timestamp } from '../values/lists.js';
import { text } from '../values/text.js';

/** A signing secret that the caller brings. */
export const ownSecret = {
  secret: text(MAX_OWN_SECRET_LENGTH)
    .min(16)
    .optional()
    .meta({
      description:
        'Your own signing secret, such as the one that your receivers already verify: `whsec_…`, text, or base64, of 16 to 128 bytes. ' +
        'It is stored encrypted. Default: a new secret.',
      example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    }),
  secretEncoding: z
    .enum(SECRET_ENCODINGS)
    .meta({ id: 'SecretEncoding' })
    .optional()
    .meta({
      description:
        'How `secret` represents the bytes of the key: `base64`, with or without `whsec_` before it, or `text`: its UTF-8 bytes, ' +
        'including a prefix. Default: `base64` for `whsec_…` and for base64 that has padding, `+` or `/`; else `text`.',
    }),
};

export const shownSecret = z.string().meta({
  description:
    'The signing secret, as the library of the first signature of the delivery format takes it: for `standard-webhooks` and `svix` ' +
    '`whsec_` and the bytes of the key in base64, also if it is yours. It is returned only in this response.',
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
});

export const rotateSecretBody = z
  .strictObject({
    overlapHours: z.int().min(0).max(168).default(24).meta({
      description: 'How long older secrets remain valid at most, in hours. 0 ends all of them immediately.',
    }),
    ...ownSecret,
  })
  .meta({ id: 'RotateSecret' });

/** A signing secret in a list, without its value. */
const signingSecret = z
  .strictObject({
    id: apiId('signingSecret'),
    createdAt: timestamp,
    endsAt: timestamp
      .nullable()
      .meta({ description: 'Requests are signed with it until this time. Null for the current secret.' }),
  })
  .meta({ id: 'SigningSecret' });

export type SigningSecretResponse = z.input<typeof signingSecret>;

export const signingSecretPage = pageOf(signingSecret, 'SigningSecretPage');

export const rotatedSecret = z.strictObject({ secret: shownSecret }).meta({ id: 'RotatedSecret' });
