import { type Locale, plainLine } from '@posthorn/core';
import type { TFunction } from 'i18next';
import { type Block, layOut } from './layout.js';
import type { MailContent } from './mail.js';
import { formatTime, translate } from './translate.js';

/** What happened to one webhook since the last message. */
export interface WebhookNotices {
  /** The host of the URL. The rest of a URL often contains a secret. */
  host: string;
  description: string | null;
  /** The name of the tenant; null in messages to the tenant itself. */
  tenantName: string | null;
  /** The page of the webhook; null if the recipient has none. */
  pageUrl: string | null;
  failing: { percent: number; since: Date; suspendsAt: Date; at: Date } | null;
  suspended: { reason: string; at: Date } | null;
  recovered: { at: Date } | null;
  /** The number of deliveries whose retries are exhausted. */
  exhausted: number;
  /** The number of deliveries that began to block those which follow them. */
  blocked: number;
}

export interface Digest {
  locale: Locale;
  /** The IANA time zone of the times. */
  timeZone: string;
  webhooks: readonly WebhookNotices[];
  /** The number of webhooks beyond those. */
  more: number;
  /** For how long further notices are gathered. */
  pauseMinutes: number;
  /** Null for operators. */
  unsubscribeUrl: string | null;
}

const MAX_NAME_LENGTH = 80;
const MAX_REASON_LENGTH = 200;

type State = 'failing' | 'suspended' | 'recovered' | 'exhausted' | 'blocked';

/** Returns the message about one or more webhooks. */
export function renderDigest(digest: Digest): MailContent {
  const { locale, webhooks, more, pauseMinutes, unsubscribeUrl } = digest;
  const t = translate(locale);
  const blocks: Block[] = webhooks.flatMap((webhook) => blocksOf(webhook, t, digest));
  if (more > 0) blocks.push({ kind: 'note', text: t('more', { count: more }) });
  blocks.push({ kind: 'note', text: t('digest', { count: pauseMinutes }) });
  if (unsubscribeUrl === null) blocks.push({ kind: 'line', text: t('mute') });
  else blocks.push({ kind: 'link', text: t('unsubscribe'), url: unsubscribeUrl });
  return layOut(subjectOf(digest, t), blocks, locale);
}

function subjectOf({ webhooks, more }: Digest, t: TFunction): string {
  const [first] = webhooks;
  const count = webhooks.length + more;
  if (first && count === 1)
    return t(`subject.${stateOf(first)}`, { host: plainLine(first.host, MAX_NAME_LENGTH) });
  const isResolved = more === 0 && webhooks.every((webhook) => stateOf(webhook) === 'recovered');
  return t(isResolved ? 'subject.manyRecovered' : 'subject.many', { count });
}

/** Returns the state that the latest notice reports. */
function stateOf({ failing, suspended, recovered, exhausted }: WebhookNotices): State {
  const timed: [State, Date][] = [];
  if (recovered) timed.push(['recovered', recovered.at]);
  if (suspended) timed.push(['suspended', suspended.at]);
  if (failing) timed.push(['failing', failing.at]);
  return (
    timed.toSorted(([, a], [, b]) => b.getTime() - a.getTime())[0]?.[0] ??
    (exhausted > 0 ? 'exhausted' : 'blocked')
  );
}

type Preferences = Pick<Digest, 'locale' | 'timeZone'>;

function blocksOf(webhook: WebhookNotices, t: TFunction, preferences: Preferences): Block[] {
  const { host, description, tenantName, pageUrl, exhausted, blocked } = webhook;
  const names = [host, description, tenantName].flatMap((name) =>
    name ? plainLine(name, MAX_NAME_LENGTH) : [],
  );
  const blocks: Block[] = [{ kind: 'heading', text: names.join(' · ') }];
  const state = stateLine(webhook, t, preferences);
  if (state !== null) blocks.push({ kind: 'line', text: state });
  if (exhausted > 0) blocks.push({ kind: 'line', text: t('exhausted', { count: exhausted }) });
  if (blocked > 0) blocks.push({ kind: 'line', text: t('blocked', { count: blocked }) });
  if (pageUrl !== null) blocks.push({ kind: 'link', text: t('open'), url: pageUrl });
  return blocks;
}

function stateLine(webhook: WebhookNotices, t: TFunction, preferences: Preferences): string | null {
  const { failing, suspended, recovered } = webhook;
  const time = (moment: Date | undefined) => moment && formatTime(moment, preferences);
  switch (stateOf(webhook)) {
    case 'failing':
      return t('failing', {
        percent: failing?.percent,
        since: time(failing?.since),
        suspendsAt: time(failing?.suspendsAt),
      });
    case 'suspended':
      return t('suspended', { at: time(suspended?.at), reason: reasonOf(suspended?.reason ?? '', t) });
    case 'recovered':
      return t(failing ? 'recoveredInBetween' : 'recovered', { at: time(recovered?.at) });
    case 'exhausted':
    case 'blocked':
      return null;
  }
}

/** Returns the text of a reason that Posthorn gives, or what the operator wrote. */
function reasonOf(reason: string, t: TFunction): string {
  const known = /^[a-z_]+$/.test(reason) ? t(`reason.${reason}`, { defaultValue: '' }) : '';
  return known || plainLine(reason, MAX_REASON_LENGTH);
}
