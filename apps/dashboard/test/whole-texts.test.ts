import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { parseSync } from 'vite';

const SOURCES = path.resolve(import.meta.dirname, '../src');

interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode);

function* within(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* within(child);
}

const isTranslation = ({ type, callee }: Node): boolean =>
  type === 'CallExpression' && isNode(callee) && (callee['name'] === 't' || callee['name'] === 'tNode');

const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('generated'))
  .map((file) => ({ file, code: readFileSync(path.join(SOURCES, file), 'utf8') }))
  .map(({ file, code }) => ({
    file,
    code,
    nodes: [...within(parseSync(file, code).program as unknown as Node)],
  }));

/** Properties of components and objects that users read. */
const READ = new Set([
  'label',
  'title',
  'placeholder',
  'description',
  'aria-label',
  'alt',
  'hint',
  'empty',
  'message',
]);

/** Returns the literals that an expression may have as its value. */
function literalsIn(value: unknown): string[] {
  if (!isNode(value)) return [];
  switch (value.type) {
    case 'JSXExpressionContainer':
      return literalsIn(value['expression']);
    case 'ConditionalExpression':
      return [...literalsIn(value['consequent']), ...literalsIn(value['alternate'])];
    case 'LogicalExpression':
      return literalsIn(value['right']);
    case 'TemplateLiteral':
      return [
        childrenOf(value)
          .filter(({ type }) => type === 'TemplateElement')
          .map(({ value: text }) => String(Object(text).raw))
          .join(' ')
          .trim(),
      ];
    case 'JSXText':
    case 'Literal':
      return typeof value['value'] === 'string' ? [value['value'].trim()] : [];
    default:
      return [];
  }
}

/** Returns the texts that a node shows as they are. */
function shownBy({ type, name, key, value, children }: Node): string[] {
  const texts = () => {
    if (type === 'JSXElement' || type === 'JSXFragment') return [children].flat().flatMap(literalsIn);
    const property = type === 'JSXAttribute' ? name : type === 'Property' ? key : null;
    return isNode(property) && READ.has(String(property['name'] ?? property['value']))
      ? literalsIn(value)
      : [];
  };
  return texts().filter((text) => /\p{L}{2}/u.test(text) && !NEUTRAL.test(text));
}

/** Names, formats and examples, which are the same in each language. */
const NEUTRAL =
  /^(?:Posthorn|CSV|NDJSON|HTTP|Ctrl K|Base64|invoice\.paid|x-api-(?:version|key)|\/customer\/id|https:\/\/\S+|\{ ".*)$/;

/** Shared pages, with texts that only operators see. They see English. */
const TEXTS_OF_OPERATORS = [
  'shell/account.tsx: API key',
  'pages/deliveries/delivery-labels.ts: Shadow',
  'pages/event-types/event-types-page.tsx: The types that webhooks can subscribe to. All tenants share this catalog.',
  'pages/event-types/event-types-page.tsx: Add event types to offer them when a webhook is created, and to validate event data against a schema. Events of other types can still be published.',
  'pages/events/events-page.tsx: Publish an event with',
  'pages/events/events-page.tsx: . It is delivered to every active webhook that subscribes to its type.',
  'pages/events/events-page.tsx: POST /v1/events',
  'pages/overview/attention-panel.tsx: in the last 24 hours, the last one',
  'pages/overview/attention-panel.tsx: Rejected events',
  'pages/overview/attention-panel.tsx: View all',
  'pages/overview/attention-panel.tsx: Recover all tenants',
  'pages/recoveries/recoveries-page.tsx: Recover all tenants',
  'pages/webhooks/new-webhook-page.tsx: Operator: operational events of all tenants',
  'pages/webhooks/new-webhook-page.tsx: The webhook receives the events of this tenant.',
  'pages/webhooks/webhook-alerts.tsx: Deliveries are recorded but not sent, and are not included in statistics.',
  'pages/webhooks/webhook-alerts.tsx: Shadow mode',
  'pages/webhooks/actions/webhook-actions.tsx: Disable shadow mode',
  'pages/webhooks/actions/webhook-actions.tsx: Enable shadow mode',
  'pages/webhooks/validation/headers-approval.tsx: Approve headers',
];

const FILES_OF_OPERATORS = [
  /^components\/(?:retention-inputs|tenants-picker|tenant-(?:column|field|name))\.tsx$/,
  /^shell\/(?:account-details|quarantined|tenant-select)\.tsx$/,
  /^shell\/sign-in\//,
  /^pages\/(?:api-keys|audit|egress|rejected-events|tenants|usage)\//,
  /^pages\/event-types\/(?:delete-event-type-modal|event-type-form|event-type-modal)\.tsx$/,
  /^pages\/events\/publish-(?:form|modal)\.tsx$/,
  /^pages\/notifications\/(?:email-panel|system-webhooks-panel)\.tsx$/,
  /^pages\/overview\/workers-and-queues\.tsx$/,
  /^pages\/webhooks\/(?:actions\/shadow-modal|validation\/attest-form)\.tsx$/,
  // Code, which is in English.
  /^pages\/webhooks\/setup\/snippets\.ts$/,
];

it('JSX and properties have no texts of their own where texts are translated', () => {
  const untranslated = sources
    .filter(({ code }) => code.includes('i18n/t.js'))
    .flatMap(({ file, nodes }) =>
      nodes.flatMap(shownBy).map((text) => `${file}: ${text.replaceAll(/\s+/g, ' ')}`),
    );
  expect(untranslated.toSorted()).toEqual(TEXTS_OF_OPERATORS.toSorted());
});

it('files without translations are those that only operators see', () => {
  const files = sources
    .filter(
      ({ code, nodes }) => !code.includes('i18n/t.js') && nodes.some((node) => shownBy(node).length > 0),
    )
    .map(({ file }) => file)
    .filter((file) => !FILES_OF_OPERATORS.some((pattern) => pattern.test(file)));
  expect(files).toEqual([]);
});

it('no text is a value of another', () => {
  const nested = sources.flatMap(({ file, code, nodes }) =>
    nodes
      .filter(isTranslation)
      .filter((call) => childrenOf(call).some((child) => [...within(child)].some(isTranslation)))
      .map(({ start, end }) => `${file}: ${code.slice(start, end)}`),
  );
  expect(nested).toEqual([]);
});

it('no sentence is put together from texts', () => {
  const composed = sources.flatMap(({ file, code, nodes }) =>
    nodes
      .filter(
        ({ type, operator }) =>
          type === 'TemplateLiteral' || (type === 'BinaryExpression' && operator === '+'),
      )
      .filter((node) => childrenOf(node).some(isTranslation))
      .map(({ start, end }) => `${file}: ${code.slice(start, end)}`)
      // Items of a list, and whole sentences one after the other.
      .filter((text) => !/^\S+ `(?: · )?\$\{t\(|\$\{t\('[\p{Lu}{]/u.test(text)),
  );
  expect(composed).toEqual([]);
});
