import { z } from 'zod';
import { eventData, eventFields, publishedType } from '../values/messages.js';
import { deliveryFormat } from './delivery-format.js';
import type { RouteDefinition } from '../routes/route.js';
import { text } from '../values/text.js';

const preview = z
  .strictObject({
    headers: z.record(z.string(), z.string()).meta({
      description: 'The headers that the format sets. Custom headers of a webhook are added to them.',
    }),
    body: z.string(),
    secret: z
      .string()
      .meta({ description: 'A signing secret for this preview, with which the signatures can be verified.' }),
    publicKey: z.string().meta({ description: 'The same for signatures with Ed25519 keys.' }),
  })
  .meta({ id: 'DeliveryFormatPreview' });

export const deliveryFormatRoutes = {
  previewDeliveryFormat: {
    tag: 'Webhooks',
    scope: 'webhooks:write',
    tenancy: 'shared',
    portalFeatures: [['create', 'edit']],
    method: 'post',
    path: '/v1/delivery-formats/preview',
    summary: 'Preview a delivery format',
    description:
      'Returns the request that an event would be sent with. Nothing is stored or sent. Returns 422 `invalid_input` if the format is ' +
      'wrong, or makes the body longer than 1,048,576 characters.',
    body: z
      .strictObject({
        deliveryFormat,
        eventType: publishedType.meta({ example: 'invoice.paid' }),
        data: eventData
          .optional()
          .meta({ description: 'The data of the event. Default: the example of the event type.' }),
        idempotencyKey: eventFields.idempotencyKey,
        metadata: eventFields.metadata,
        url: text(2048).min(1).optional().meta({
          description: 'The URL of the receiver, which a signature can contain. Default: an example.',
          example: 'https://receiver.example/webhooks',
        }),
      })
      .meta({ id: 'PreviewDeliveryFormat' }),
    idempotency: 'none',
    responses: { 200: { description: 'The request.', body: preview } },
  },
} as const satisfies Record<string, RouteDefinition>;
