import { parseUrl } from '../urls/parse-url.js';
import { plainLine } from '../values/plain-line.js';
import type { EventFields } from './event-fields.js';

/** The chat products for which requests are readable messages. */
export const CHAT_PRODUCTS = ['slack', 'teams', 'discord'] as const;
export type ChatProduct = (typeof CHAT_PRODUCTS)[number];

/** A message: a title, and facts as pairs of name and value. Plain text on one line each. */
interface ChatMessage {
  title: string;
  facts: [name: string, value: string][];
}

const MAX_TITLE_LENGTH = 140;
const MAX_VALUE_LENGTH = 300;
/** Slack's limit for the fields of a section. */
const MAX_FACTS = 10;

/** Returns the body of the request that posts an event as a message. */
export function chatBody(product: ChatProduct, event: EventFields): string {
  const message = messageOf(event);
  const title = shorten(message.title, MAX_TITLE_LENGTH);
  const facts = message.facts
    .slice(0, MAX_FACTS)
    .map(([name, value]): [string, string] => [
      shorten(name, MAX_TITLE_LENGTH),
      shorten(value, MAX_VALUE_LENGTH),
    ]);
  return JSON.stringify(LAYOUTS[product]({ title, facts }));
}

const TITLES: ReadonlyMap<string, string> = new Map([
  ['webhook.validation', 'Validation code of a webhook'],
  ['posthorn.webhook.validated', 'A webhook was validated'],
  ['posthorn.webhook.failing', 'A webhook is failing'],
  ['posthorn.webhook.suspended', 'A webhook was suspended'],
  ['posthorn.webhook.recovered', 'A webhook works again'],
  ['posthorn.delivery.blocked', 'A delivery blocks those that follow it'],
  ['posthorn.delivery.exhausted', 'A delivery failed after its last retry'],
  ['posthorn.certificate.expiring', 'A certificate expires soon'],
]);

/** The names of fields in messages. Other fields keep theirs. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['code', 'Code'],
  ['tenantName', 'Tenant'],
  ['url', 'Host'],
  ['percent', 'Time to the suspension that has passed, in %'],
  ['reason', 'Reason'],
  ['failingSince', 'Failing since'],
  ['suspendsAt', 'Will be suspended at'],
  ['suspendedAt', 'Suspended at'],
  ['recoveredAt', 'Works again since'],
  ['eventType', 'Event type'],
  ['lastResponseStatus', 'Last status'],
  ['notAfter', 'Expires at'],
  ['webhookId', 'Webhook'],
]);

function messageOf({ type, dataText }: EventFields): ChatMessage {
  const data: unknown = JSON.parse(dataText);
  const fields = typeof data === 'object' && data !== null ? Object.entries(data) : [];
  const known = [...NAMES.keys()];
  const rank = (name: string): number => (known.indexOf(name) + known.length + 1) % (known.length + 1);
  const facts = fields
    .toSorted(([a], [b]) => rank(a) - rank(b))
    .flatMap(([name, value]): [string, string][] => {
      const text = textOf(type.startsWith('posthorn.') && name === 'url' ? hostOf(value) : value);
      return text === null ? [] : [[NAMES.get(name) ?? name, text]];
    });
  return { title: TITLES.get(type) ?? type, facts };
}

/** The path of a URL often contains a secret, which a chat must not show. */
const hostOf = (url: unknown): string | null => parseUrl(String(url))?.host ?? null;

/** Returns a text, a number or a boolean as text; null for other values. */
const textOf = (value: unknown): string | null =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : null;

/** Some products reject empty texts. */
const shorten = (text: string, maxLength: number): string => plainLine(text, maxLength) || '–';

const LAYOUTS: Record<ChatProduct, (message: ChatMessage) => object> = { slack, teams, discord };

const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });

/** Blocks of plain text have neither formatting nor mentions. `text` is what notifications of Slack show. */
function slack({ title, facts }: ChatMessage): object {
  const fields = facts.map(([name, value]) => plain(`${name}: ${value}`));
  return {
    text: title.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    blocks: [
      { type: 'header', text: plain(title) },
      ...(fields.length > 0 ? [{ type: 'section', fields }] : []),
    ],
  };
}

const line = (inlines: object[]) => ({ type: 'RichTextBlock', inlines });
const run = (text: string, style = {}) => ({ type: 'TextRun', text, ...style });

/** An Adaptive Card for the trigger "When a Teams webhook request is received" of Workflows. Text runs have no Markdown. */
function teams({ title, facts }: ChatMessage): object {
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            line([run(title, { weight: 'Bolder', size: 'Medium' })]),
            ...facts.map(([name, value]) => line([run(`${name}: `, { weight: 'Bolder' }), run(value)])),
          ],
        },
      },
    ],
  };
}

function discord({ title, facts }: ChatMessage): object {
  return {
    embeds: [
      {
        title: withoutMarkdown(title),
        fields: facts.map(([name, value]) => ({
          name: withoutMarkdown(name),
          value: withoutMarkdown(value),
          inline: true,
        })),
      },
    ],
    allowed_mentions: { parse: [] },
  };
}

const withoutMarkdown = (text: string): string => text.replaceAll(/[\\`*_~|<>[\]()#]/g, String.raw`\$&`);
