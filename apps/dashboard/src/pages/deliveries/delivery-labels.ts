import type { Delivery } from '../../api/types.js';
import { t } from '../../i18n/t.js';

interface ReasonLabels {
  /** A short label for lists. */
  label: string;
  /** What happened and what to do. */
  description: string;
}

/** Only operators see it, in English. */
export const SHADOW_DESCRIPTION =
  'The webhook is or was in shadow mode: its deliveries are recorded but not sent.';

export const INTERNAL_ERROR_DESCRIPTION = t(
  'This request could not be built; the operator has been alerted. Retry the delivery after the operator has fixed the cause.',
);

const REASONS: Record<string, ReasonLabels> = {
  exhausted: {
    label: t('Retries exhausted'),
    description: t(
      'All attempts failed and no retries are left. Retry the delivery when the receiver works again.',
    ),
  },
  gone: {
    label: t('Receiver gone'),
    description: t('The receiver responded with 410 Gone, so the webhook was suspended.'),
  },
  blocked_address: {
    label: t('Address not allowed'),
    description: t(
      'The URL resolves to an address that is not allowed, such as one in a private network. Change the URL before you retry, or ask the operator to allow the address.',
    ),
  },
  invalid_url: {
    label: t('URL not allowed'),
    description: t(
      "The webhook's URL is not allowed. Change it before you retry, or ask the operator to allow it.",
    ),
  },
  crashed: {
    label: t('Stopped after crashes'),
    description: t('Delivery stopped after repeated internal errors while sending this request.'),
  },
  body_too_large: {
    label: t('Body too large'),
    description: t(
      'The delivery format makes the body longer than 1,048,576 characters. Change the format, then retry.',
    ),
  },
  internal_error: {
    label: t('Internal error'),
    description: INTERNAL_ERROR_DESCRIPTION,
  },
  payload_expired: {
    label: t('Payload expired'),
    description: t("This event's payload has expired, so the delivery can't be retried."),
  },
  suspended: {
    label: t('Webhook suspended'),
    description: t(
      'The webhook was suspended before delivery. Reactivating it does not send this delivery. Retry it if you still need it.',
    ),
  },
  tenant_suspended: {
    label: t('Tenant suspended'),
    description: t(
      'The tenant was suspended before delivery. Reactivating it does not send this delivery. Retry it if you still need it.',
    ),
  },
  erased: {
    label: t('Erased'),
    description: t('The data of the event was erased before delivery.'),
  },
  shadow: {
    label: 'Shadow',
    description: SHADOW_DESCRIPTION,
  },
  skipped: {
    label: t('Skipped'),
    description: t(
      'The delivery blocked later ones and was skipped, by hand or because it had blocked them for too long. Retry it if you still need it.',
    ),
  },
  deleted: { label: t('Webhook deleted'), description: t('The webhook was deleted before delivery.') },
  replay_cancelled: {
    label: t('Replay cancelled'),
    description: t('The replay was cancelled before delivery.'),
  },
};

/** Returns the labels of the reason why a delivery failed or was dropped, or null without a reason. Unknown reasons are shown as is. */
export function reasonLabels({ reason }: Pick<Delivery, 'reason'>): ReasonLabels | null {
  if (reason === null) return null;
  return REASONS[reason] ?? { label: reason, description: t('Reason: {{reason}}.', { reason }) };
}

const HELD_REASONS: Record<NonNullable<Delivery['heldReason']>, string> = {
  access_token: t('Held: no access token'),
  paused: t('Held: paused by Retry-After'),
  rate_limit: t('Held: rate limit reached'),
  window: t('Held: webhook at capacity'),
};

/** Returns what holds a delivery. */
export function heldLabel({ heldReason }: Pick<Delivery, 'heldReason'>): string {
  return heldReason === null ? t('Held: webhook limit reached') : HELD_REASONS[heldReason];
}
