import { MAX_LIVE_SECRETS } from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../values/rule.js';
import { moment } from '../values/moment.js';
import { text } from '../values/text.js';
import { attestBody } from '../webhooks/validation.js';
import { MAX_HEADERS } from '../webhooks/webhook-headers.js';
import { ownSecret } from '../webhooks/signing-secret.js';
import { putWebhookBody } from '../webhooks/webhook-changes.js';
import { webhook } from '../webhooks/webhook.js';
import { url } from '../webhooks/destination.js';

/** Whether an import only creates, follows what changed in the source, or replaces every difference. */
const IMPORT_MODES = ['create', 'sync', 'replace'] as const;

const { secret, secretEncoding } = ownSecret;

const importedSecret = z
  .strictObject({
    secret: secret.unwrap(),
    secretEncoding,
    endsAt: moment.optional().meta({
      description: 'Until when the secret is valid. Required except for the first, the current one.',
    }),
  })
  .meta({ id: 'ImportedSecret' });

export const importSource = text(200).min(1).meta({
  description: 'Names the system that the webhook comes from. Shown as `importedFrom`.',
  example: 'Svix at https://api.svix.com',
});

export const importWebhookBody = putWebhookBody
  .omit({ secret: true, secretEncoding: true, signingKey: true, shadow: true, delivery: true })
  .extend({
    url,
    source: importSource,
    enabled: z.boolean().default(true).meta({ description: 'Whether the source sends to the webhook.' }),
    secrets: z
      .array(importedSecret)
      .max(MAX_LIVE_SECRETS)
      .refine((secrets) => secrets.every(({ endsAt }, index) => (endsAt === undefined) === (index === 0)), {
        message: rule('secret_order'),
      })
      .default([])
      .meta({
        description:
          'The signing secrets that the source signs with: the current one, then previous ones. Without one, a new webhook gets a ' +
          'new secret, and an existing one keeps its own.',
      }),
    hiddenHeaders: z.array(text(128)).max(MAX_HEADERS).default([]).meta({
      description:
        'Names of headers whose values the source does not reveal. The webhook keeps the values that were set by hand.',
    }),
    mode: z
      .enum(IMPORT_MODES)
      .meta({ id: 'ImportMode' })
      .default('create')
      .meta({
        description:
          'What happens to a webhook that exists. `create`: it stays. `sync`: settings that changed in the source since the last ' +
          'import follow it, unless they were changed by hand. `replace`: all settings become those of the source.',
      }),
    shadow: z.boolean().default(false).meta({
      description: 'Creates the webhook as a shadow. One that exists stays what it is.',
    }),
    attestReason: attestBody.shape.reason.optional().meta({
      description:
        'Attests the URL of the source in place of a validation, as `POST …/validation/attest`. A URL that was set by hand is not attested.',
    }),
    suspend: z.boolean().default(false).meta({
      description: 'Suspends the webhook if the source has disabled it. False only reports it.',
    }),
    dryRun: z.boolean().default(false).meta({
      description: 'Validates the import and returns what it would do, without a change.',
    }),
  })
  .meta({
    id: 'ImportWebhook',
    description: 'A webhook of another system, with all its settings: absent ones have their defaults.',
  });

const IMPORT_OUTCOMES = ['followed', 'kept', 'corrected', 'conflict'] as const;

const importedField = z
  .strictObject({
    name: z.string().meta({
      description:
        'The field, `secret`, `enabled`, or `deleted` for a webhook that was deleted here and is not created again by `sync`.',
      example: 'url',
    }),
    outcome: z.enum(IMPORT_OUTCOMES).meta({
      id: 'ImportOutcome',
      description:
        'What happened to a field that differed from the source. `followed`: it got the value of the source. `kept`: it follows only ' +
        'with another mode or with `suspend`. `corrected`: it was changed by hand, and stays. `conflict`: it was changed by hand and ' +
        'in the source, and stays.',
    }),
  })
  .meta({ id: 'ImportedField' });

export const importedWebhook = z
  .strictObject({
    action: z
      .enum(['created', 'updated', 'unchanged'])
      .meta({ id: 'ImportAction', description: 'What happened, or would happen in a dry run.' }),
    fields: z.array(importedField).meta({ description: 'The fields that differed from the source.' }),
    attested: z.boolean().meta({ description: 'Whether the URL was attested.' }),
    webhook: webhook.nullable().meta({
      description: 'Null if a dry run would create it, or if it stays deleted.',
    }),
  })
  .meta({ id: 'ImportedWebhook' });

export type ImportedWebhookResponse = z.input<typeof importedWebhook>;
export type ImportWebhookInput = z.output<typeof importWebhookBody>;

export const removeImportBody = z
  .strictObject({
    source: importSource,
    delete: z.boolean().default(false).meta({
      description: 'Deletes a webhook that an earlier call has suspended. False suspends only.',
    }),
    dryRun: importWebhookBody.shape.dryRun,
  })
  .meta({ id: 'RemoveImport' });

export const removedImport = z
  .strictObject({
    action: z.enum(['removed', 'deleted', 'unchanged']).meta({
      id: 'RemovalAction',
      description:
        'What happened, or would happen in a dry run. `removed`: the webhook is remembered as removed from its source, and suspended ' +
        'if it was active. `deleted`: it was remembered before, and is deleted. `unchanged`: it was remembered before, and is ' +
        'not to be deleted, or was reactivated by hand.',
    }),
    webhook: webhook.nullable().meta({ description: 'Null if it was deleted.' }),
  })
  .meta({ id: 'RemovedImport' });

export type RemovedImportResponse = z.input<typeof removedImport>;

export const endedShadows = z
  .strictObject({ ended: z.int().meta({ description: 'The number of webhooks that were shadows.' }) })
  .meta({ id: 'EndedShadows' });
