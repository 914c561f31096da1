import { encodeId, groupBy, parseUrl, signMailToken, SYSTEM_TENANT_ID } from '@posthorn/core';
import {
  type ClaimedMail,
  CONFIRMATION,
  type MailNotices,
  type Notice,
} from '@posthorn/database/notifications';
import { type MailContent, renderConfirmation, renderDigest, type WebhookNotices } from '@posthorn/email';

export interface MailLinks {
  /** Signs the links. */
  key: Buffer;
  /** The origin of the dashboard and of the links. */
  publicOrigin: string;
}

interface Mail extends MailNotices {
  mail: ClaimedMail;
  pauseMinutes: number;
  unsubscribeUrl: string | null;
}

/** Renders the notices for an address, or the request to confirm it. */
export function mailContent(
  { mail, locale, timeZone, notices, more, pauseMinutes, unsubscribeUrl }: Mail,
  links: MailLinks,
): MailContent {
  if (notices.some(({ type }) => type === CONFIRMATION))
    return renderConfirmation({
      locale,
      confirmUrl: mailLink('confirm', mail, links),
      unsubscribeUrl: mailLink('unsubscribe', mail, links),
    });
  const byWebhook = groupBy(notices, ({ webhookId }) => webhookId);
  const isOperator = mail.tenantId === SYSTEM_TENANT_ID;
  const webhooks = [...byWebhook.values()].map((group) =>
    summarize(group, isOperator ? operatorDetails(group, links) : NO_DETAILS),
  );
  return renderDigest({ locale, timeZone, webhooks, more, pauseMinutes, unsubscribeUrl });
}

/** Returns a signed link that confirms or unsubscribes the address. */
export function mailLink(
  purpose: 'confirm' | 'unsubscribe',
  { tenantId, address }: ClaimedMail,
  { key, publicOrigin }: MailLinks,
): string {
  const token = signMailToken({ purpose, tenantId, address }, key, new Date());
  return `${publicOrigin}/notifications/${purpose}?token=${token}`;
}

type OperatorDetails = Pick<WebhookNotices, 'tenantName' | 'pageUrl'>;

const NO_DETAILS: OperatorDetails = { tenantName: null, pageUrl: null };

function operatorDetails([first]: readonly Notice[], { publicOrigin }: MailLinks): OperatorDetails {
  return {
    tenantName: first?.tenantName ?? null,
    pageUrl: first ? `${publicOrigin}/webhooks/${encodeId('webhook', first.webhookId)}` : null,
  };
}

/** Returns what happened to one webhook. */
function summarize(notices: readonly Notice[], details: OperatorDetails): WebhookNotices {
  const noticeOf = (type: string) => notices.find((notice) => notice.type === type);
  const [first] = notices;
  const failing = noticeOf('posthorn.webhook.failing');
  const suspended = noticeOf('posthorn.webhook.suspended');
  const recovered = noticeOf('posthorn.webhook.recovered');
  return {
    ...details,
    host: first ? nameOf(first) : '',
    description: first?.description ?? null,
    failing: failing
      ? {
          percent: Number(failing.data['percent']),
          since: timeOf(failing.data['failingSince']),
          suspendsAt: timeOf(failing.data['suspendsAt']),
          at: failing.occurredAt,
        }
      : null,
    suspended: suspended ? { reason: String(suspended.data['reason']), at: suspended.occurredAt } : null,
    recovered: recovered ? { at: recovered.occurredAt } : null,
    exhausted: noticeOf('posthorn.delivery.exhausted')?.count ?? 0,
    blocked: noticeOf('posthorn.delivery.blocked')?.count ?? 0,
  };
}

/** A webhook that is read with its feed has no host. */
const nameOf = ({ url, webhookId }: Notice): string =>
  url === null ? encodeId('webhook', webhookId) : (parseUrl(url)?.host ?? '');

const timeOf = (value: unknown): Date => new Date(String(value));
