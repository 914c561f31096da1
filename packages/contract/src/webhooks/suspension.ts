import { z } from 'zod';
import { text } from '../values/text.js';
import { webhook } from './webhook.js';

export const suspendBody = z
  .strictObject({
    reason: text(500).min(1).default('manual').meta({
      description: 'Why the webhook is suspended. Shown with the webhook and in the audit log.',
    }),
  })
  .meta({ id: 'SuspendWebhook' });

export const suspendedWebhook = webhook
  .extend({
    droppedDeliveries: z.int().meta({
      description:
        'The number of pending deliveries that this call dropped. If there are too many for one call, the others are dropped in ' +
        'the background; none of them is sent. A delivery whose request was in flight is counted, and becomes `succeeded` if its ' +
        'receiver accepts it.',
    }),
  })
  .meta({ id: 'SuspendedWebhook' });

export const reactivateBody = z
  .strictObject({
    reason: text(500)
      .optional()
      .meta({ description: 'Why the webhook is reactivated. Shown in the audit log.' }),
  })
  .meta({ id: 'ReactivateWebhook' });
