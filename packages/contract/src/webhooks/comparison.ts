import { z } from 'zod';
import { reportedError } from '../routes/problem.js';
import { rule } from '../values/rule.js';
import { explainReason } from '../events/event.js';
import { apiId } from '../values/ids.js';
import { text } from '../values/text.js';

/** Longest body of a recorded request, in characters. */
const MAX_BODY_LENGTH = 2 ** 20;

/** Maximum number of bytes of a call: the body of the request can be written with escapes. */
export const MAX_COMPARE_BYTES = 4 * MAX_BODY_LENGTH;

const MAX_HEADERS = 100;

const MAX_HEADER_LENGTH = 8192;

const recordedHeaders = z
  .record(text(200), text(MAX_HEADER_LENGTH))
  .refine(
    (headers) => Object.keys(headers).length <= MAX_HEADERS,
    rule('too_many_entries', { max: MAX_HEADERS }),
  )
  .meta({
    description: `The headers of the request, at most ${MAX_HEADERS}.`,
    maxProperties: MAX_HEADERS,
    example: { 'content-type': 'application/json' },
  });

export const compareBody = z
  .strictObject({
    event: text(255)
      .min(1)
      .meta({ description: 'The event: its id, `evt_…`, or its idempotency key.', example: 'invoice-4711' }),
    headers: recordedHeaders,
    body: text(MAX_BODY_LENGTH).meta({ description: 'The body of the request.', example: '{"id":"in_1"}' }),
  })
  .meta({ id: 'RecordedRequest', description: 'A request of another system with an event.' });

const differingHeader = z
  .strictObject({
    name: z.string().meta({ description: 'The name of the header, in lower case.' }),
    recorded: z.string().nullable().meta({ description: 'Null if the recorded request does not have it.' }),
    composed: z.string().nullable().meta({
      description:
        'Null if the request of Posthorn does not have it. `[redacted]` for signatures and custom headers.',
    }),
    signatures: z
      .strictObject({
        recorded: z.int().meta({ description: 'The number of signatures of the recorded request.' }),
        composed: z
          .int()
          .meta({ description: 'The number of signatures of Posthorn: one for each valid secret.' }),
        equal: z.int().meta({
          description: 'How many are in both. 0: they are made with other secrets, or in another way.',
        }),
      })
      .meta({ id: 'DifferingSignatures' })
      .nullable()
      .meta({
        description:
          'For a header with signatures. Those of Posthorn are made for the recorded body, id and time. Null for another header.',
      }),
  })
  .meta({ id: 'DifferingHeader' });

const differingBody = z
  .strictObject({
    offset: z.int().meta({ description: 'The first character that differs, from 0.' }),
    recorded: z.string().meta({ description: 'The recorded body around this character.' }),
    composed: z.string().meta({ description: 'The body of Posthorn around this character.' }),
    equalAsJson: z.boolean().meta({
      description:
        'True if both are the same JSON value, with other spaces, escapes or order of members. False for numbers that a double does ' +
        'not hold exactly.',
    }),
  })
  .meta({ id: 'DifferingBody' });

export const comparison = z
  .strictObject({
    eventId: apiId('event'),
    deliveryId: apiId('delivery')
      .nullable()
      .meta({ description: 'Null: the event has no delivery to the webhook.' }),
    notMatched: z
      .strictObject({
        reason: explainReason,
        violation: reportedError
          .nullable()
          .meta({ description: 'Which part of the data the filter of the webhook did not match.' }),
      })
      .meta({ id: 'NotMatched' })
      .nullable()
      .meta({ description: 'Why the event has no delivery to the webhook. Null if it has one.' }),
    equal: z
      .boolean()
      .meta({ description: 'True if the event has a delivery and the requests do not differ.' }),
    equalAsJson: z.boolean().meta({
      description:
        'True if the event has a delivery and the requests differ at most in how the JSON of the body is written.',
    }),
    body: differingBody.nullable().meta({ description: 'How the bodies differ. Null: they are equal.' }),
    headers: z.array(differingHeader).meta({ description: 'The headers that differ.' }),
  })
  .meta({ id: 'Comparison' });

export type ComparisonResponse = z.input<typeof comparison>;
