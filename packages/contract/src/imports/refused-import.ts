import { z } from 'zod';
import { externalId } from '../values/external-id.js';
import { timestamp } from '../values/lists.js';
import { text } from '../values/text.js';
import { importSource } from './webhook-import.js';

/** As many as a tenant can have webhooks by default. */
export const MAX_REFUSED_IMPORTS = 500;
export const MAX_REFUSAL_LENGTH = 500;

const refusal = {
  externalId,
  url: text(2048),
  reason: text(MAX_REFUSAL_LENGTH).min(1).meta({
    description: 'Why it was not imported.',
    example: 'a filter of topic has no counterpart',
  }),
};

export const putRefusedImportsBody = z
  .strictObject({
    source: importSource,
    webhooks: z.array(z.strictObject(refusal).meta({ id: 'ImportRefusal' })).max(MAX_REFUSED_IMPORTS),
  })
  .meta({ id: 'PutRefusedImports' });

export const refusedImports = z
  .strictObject({
    data: z.array(
      z.strictObject({ source: z.string(), ...refusal, refusedAt: timestamp }).meta({ id: 'RefusedImport' }),
    ),
  })
  .meta({ id: 'RefusedImports' });

export const endShadowsBody = z
  .strictObject({
    acceptRefused: z.boolean().default(false).meta({
      description:
        'Ends the shadows although the import has refused webhooks, which get nothing from then on.',
    }),
  })
  .meta({ id: 'EndShadows' });
