import type { RecipientResponse } from '@posthorn/contract';
import type { NotificationRecipient } from '@posthorn/database/notifications/prisma';

export function serializeRecipient(recipient: NotificationRecipient): RecipientResponse {
  return {
    address: recipient.address,
    status: statusOf(recipient),
    createdAt: recipient.createdAt.toISOString(),
  };
}

function statusOf({ confirmedAt, unsubscribedAt }: NotificationRecipient): RecipientResponse['status'] {
  if (unsubscribedAt !== null) return 'unsubscribed';
  return confirmedAt === null ? 'unconfirmed' : 'confirmed';
}
