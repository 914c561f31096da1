import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  base64Secret,
  compileFormat,
  type CustomSignature,
  decodedKey,
  type DeliveryFormat,
  type EventAttributes,
  formatProblems,
  MAX_FORMATTED_BODY_LENGTH,
  newSigningSecret,
  withDataText,
} from '../../src/index.js';

const DATA = '{ "order": {"id": "o-17", "lines": [1.50, 2e400]}, "a/b": "x\\u0000\\"y", "n": null }';
const HEAD = '{"id":"evt_01","type":"invoice.paid","timestamp":"2026-01-31T12:00:00.000Z"}';
const SECRET = newSigningSecret();
const OTHER = newSigningSecret();
const timestamp = new Date('2026-01-31T12:00:07.500Z');
const SECONDS = '1769860807';

const URL_OF_RECEIVER = 'https://receiver.example/hook?a=1&b=%20';

function format(spec: DeliveryFormat, dataText = DATA, attributes: EventAttributes | null = null) {
  expect(formatProblems(spec)).toEqual([]);
  return compileFormat(spec).format({
    envelope: withDataText(HEAD, dataText),
    attributes,
    url: URL_OF_RECEIVER,
    tenantId: 'ten_01',
    timestamp,
    keys: { secrets: [SECRET, OTHER].map(base64Secret), privateKeys: [] },
  });
}

const bodyOf = (spec: DeliveryFormat, dataText = DATA) => format(spec, dataText)?.body;

describe('the body data', () => {
  it('is what was published, byte for byte', () => {
    const space = fc.constantFrom('', ' ', '\n', '\t', ' \r\n ');
    const scalar = fc.oneof(
      fc.constantFrom(
        '1e400',
        '-0',
        '1.0',
        '0.10E+5',
        '12345678901234567890',
        'true',
        'null',
        '"\\ud800"',
        '"\\u0000"',
      ),
      fc.json({ maxDepth: 1 }),
      fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
    );
    const member = fc
      .tuple(fc.constantFrom('"data"', '"id"', '"a"', '"\\u0061"', '"}"'), space, scalar)
      .map(([name, gap, value]) => `${name}${gap}:${gap}${value}`);
    const object = fc
      .tuple(space, fc.array(member))
      .map(([gap, members]) => `{${gap}${members.join(`${gap},${gap}`)}${gap}}`);
    fc.assert(
      fc.property(object, (dataText) => {
        expect(bodyOf({ body: 'data' }, dataText)).toBe(dataText);
        expect(bodyOf({}, dataText)).toBe(withDataText(HEAD, dataText));
        expect(bodyOf({ body: { template: ' {data} ' } }, dataText)).toBe(` ${dataText} `);
      }),
    );
  });
});

describe('the body cloudevents', () => {
  it('has the attributes and the data in structured mode', () => {
    const message = format({ body: 'cloudevents' }, '{"a":1.0}');
    expect(message?.headers['content-type']).toBe('application/cloudevents+json');
    expect(message?.body).toBe(
      '{"specversion":"1.0","id":"evt_01","source":"/tenants/ten_01","type":"invoice.paid",' +
        '"time":"2026-01-31T12:00:00.000Z","datacontenttype":"application/json","data":{"a":1.0}}',
    );
  });

  it('has the attributes in headers in binary mode', () => {
    const message = format({ body: 'cloudevents-binary', source: 'https://shop.example' }, '{"a":1.0}');
    expect(message?.body).toBe('{"a":1.0}');
    expect(message?.headers).toMatchObject({
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'evt_01',
      'ce-source': 'https://shop.example',
      'ce-type': 'invoice.paid',
      'ce-time': '2026-01-31T12:00:00.000Z',
    });
  });
});

const BODY_PLACEHOLDERS = '{id}, {type}, {timestamp}, {tenantId}, {data}, {data./…}';

const times = (count: number) => `[${Array.from({ length: count }, () => '{data}').join()}]`;

describe('a template of the body', () => {
  it.each([
    ['a constant', '{"a": 1}', '{"a": 1}'],
    ['a value', '{"event":{type}}', '{"event":"invoice.paid"}'],
    [
      'all fields',
      '[{id},{type},{timestamp},{tenantId}]',
      '["evt_01","invoice.paid","2026-01-31T12:00:00.000Z","ten_01"]',
    ],
    ['the data', '{ "d" : {data} }', `{ "d" : ${DATA} }`],
    ['only the data', '{data}', DATA],
    ['a part of the data', '{"id":{data./order/id}}', '{"id":"o-17"}'],
    [
      'an element of a list, as it is written',
      '[{data./order/lines/0},{data./order/lines/1}]',
      '[1.50,2e400]',
    ],
    ['a name with a slash', '[{data./a~1b}]', '["x\\u0000\\"y"]'],
    ['a missing part', '[{data./order/none},{data./order/id/none},{data./n}]', '[null,null,null]'],
    ['text', '{"text":"Order {data./order/id}: {type}"}', '{"text":"Order o-17: invoice.paid"}'],
    ['text with escapes', '"<{data./a~1b}>"', '"<x\\u0000\\"y>"'],
    ['a number in text', '"{data./order/lines/1} {data./n}"', '"2e400 null"'],
    ['an object in text', '"{data./order}"', '"{\\"id\\": \\"o-17\\", \\"lines\\": [1.50, 2e400]}"'],
    ['a missing part in text', '"<{data./none}>"', '"<>"'],
    ['a name of a member', '{"{type}":1}', '{"invoice.paid":1}'],
    [
      'braces that are no placeholder',
      '{"a":{},"b":"{}","c":"{ id }","d":"\\u007bid}"}',
      '{"a":{},"b":"{}","c":"{ id }","d":"\\u007bid}"}',
    ],
  ])('inserts %s', (_case, template, body) => expect(bodyOf({ body: { template } })).toBe(body));

  it.each([
    ['no JSON', '{"a":}', 'must be JSON with placeholders'],
    ['a placeholder as a name', '{{type}:1}', 'must be JSON with placeholders'],
    ['two values', '{id}{type}', 'must be JSON with placeholders'],
    ['an open string', '{"a":"{id}', 'must be JSON with placeholders'],
    ['a letter before a placeholder', 'x{id}', 'must be JSON with placeholders'],
    [
      'an unknown placeholder',
      '{"a":{secret}}',
      `has the unknown placeholder {secret}; use ${BODY_PLACEHOLDERS}`,
    ],
    [
      'an unknown placeholder in text',
      '"{secrets}"',
      `has the unknown placeholder {secrets}; use ${BODY_PLACEHOLDERS}`,
    ],
    [
      'a wrong pointer',
      '[{data.order}]',
      `has the unknown placeholder {data.order}; use ${BODY_PLACEHOLDERS}`,
    ],
    [
      'a wrong escape in a pointer',
      '[{data./a~2}]',
      `has the unknown placeholder {data./a~2}; use ${BODY_PLACEHOLDERS}`,
    ],
    [
      'too many placeholders',
      `[${Array.from({ length: 33 }, () => '{id}').join()}]`,
      'must have at most 32 placeholders',
    ],
  ])('is refused with %s', (_case, template, message) => {
    expect(formatProblems({ body: { template } })).toMatchObject([{ path: 'body.template', message }]);
  });

  it('gives JSON for every data', () => {
    const template = '{"a":{data./x},"b":"{data./x} {type}","c":[{data}]}';
    fc.assert(
      fc.property(fc.json(), (x) => {
        const body = JSON.parse(bodyOf({ body: { template } }, `{"x":${x}}`) ?? '') as Record<
          string,
          unknown
        >;
        const value: unknown = JSON.parse(x);
        expect(body).toEqual({
          a: value,
          b: `${typeof value === 'string' ? value : x} invoice.paid`,
          c: [{ x: value }],
        });
      }),
    );
  });

  it('gives no body that is too long', () => {
    const dataText = JSON.stringify({ a: 'x'.repeat(250_000) });
    expect(bodyOf({ body: { template: times(4) } }, dataText)?.length).toBeLessThan(
      MAX_FORMATTED_BODY_LENGTH,
    );
    expect(format({ body: { template: times(5) } }, dataText)).toBeNull();
  });
});

const custom = (changes: Partial<CustomSignature>): DeliveryFormat => ({
  body: 'data',
  signatures: [
    {
      custom: {
        algorithm: 'hmac-sha256',
        encoding: 'hex',
        content: '{body}',
        header: 'X-Signature',
        value: '{signature}',
        ...changes,
      },
    },
  ],
});

const hmac = (hash: string, key: string | Buffer, content: string) => createHmac(hash, key).update(content);
const key = decodedKey(base64Secret(SECRET));

const FACTS = '{id}, {type}, {timestamp}, {idempotencyKey}, {externalEventId}';

describe('a custom signature', () => {
  it.each<[string, Partial<CustomSignature>, string]>([
    ['SHA-1', { algorithm: 'hmac-sha1' }, hmac('sha1', SECRET, DATA).digest('hex')],
    ['SHA-256', {}, hmac('sha256', SECRET, DATA).digest('hex')],
    ['SHA-512', { algorithm: 'hmac-sha512' }, hmac('sha512', SECRET, DATA).digest('hex')],
    ['base64', { encoding: 'base64' }, hmac('sha256', SECRET, DATA).digest('base64')],
    ['base64url', { encoding: 'base64url' }, hmac('sha256', SECRET, DATA).digest('base64url')],
    ['the decoded key', { key: 'decoded' }, hmac('sha256', key, DATA).digest('hex')],
    ['a time', { content: '{timestamp}{body}' }, hmac('sha256', SECRET, SECONDS + DATA).digest('hex')],
    [
      'literal text',
      { content: 'POST\n{id}|{type}|{body}|é {}' },
      hmac('sha256', SECRET, `POST\nevt_01|invoice.paid|${DATA}|é {}`).digest('hex'),
    ],
    [
      'a time in milliseconds',
      { content: '{timestamp}{body}', value: 't={timestamp},s={signature}', timestampFormat: 'unix-ms' },
      `t=1769860807500,s=${hmac('sha256', SECRET, `1769860807500${DATA}`).digest('hex')}`,
    ],
    [
      'a time as RFC 3339',
      { content: '{timestamp}{body}', timestampFormat: 'rfc3339' },
      hmac('sha256', SECRET, `2026-01-31T12:00:07Z${DATA}`).digest('hex'),
    ],
    ['the URL', { content: '{url}{body}' }, hmac('sha256', SECRET, URL_OF_RECEIVER + DATA).digest('hex')],
    [
      'the id of an event without a key',
      { content: '{externalEventId}{idempotencyKey}{body}' },
      hmac('sha256', SECRET, `evt_01${DATA}`).digest('hex'),
    ],
    [
      'a value with other fields',
      { value: 'ts={timestamp};id={id};type={type};sig="{signature}"' },
      `ts=${SECONDS};id=evt_01;type=invoice.paid;sig="${hmac('sha256', SECRET, DATA).digest('hex')}"`,
    ],
    [
      'a signature for each secret',
      { value: 'a={signature}', separator: '|a=' },
      `a=${hmac('sha256', SECRET, DATA).digest('hex')}|a=${hmac('sha256', OTHER, DATA).digest('hex')}`,
    ],
  ])('can have %s', (_case, changes, expected) => {
    expect(format(custom(changes))?.headers).toEqual({
      'content-type': 'application/json',
      'x-signature': expected,
    });
  });

  it.each<[string, Partial<CustomSignature>, string]>([
    [
      'content without the body',
      { content: '{id}' },
      'custom.content: must have the placeholder {body} once',
    ],
    [
      'content with two bodies',
      { content: '{body}{body}' },
      'custom.content: must have the placeholder {body} once',
    ],
    [
      'an unknown placeholder',
      { content: '{body}{data}' },
      `custom.content: has the unknown placeholder {data}; use ${FACTS}, {url}, {body}, {formParameters}`,
    ],
    [
      'a signature in the content',
      { content: '{body}{signature}' },
      `custom.content: has the unknown placeholder {signature}; use ${FACTS}, {url}, {body}, {formParameters}`,
    ],
    ['a value without it', { value: 'x' }, 'custom.value: must have the placeholder {signature} once'],
    [
      'the body in the value',
      { value: '{signature}{body}' },
      `custom.value: has the unknown placeholder {body}; use ${FACTS}, {signature}`,
    ],
    [
      'parameters that its body does not have',
      { content: '{url}{formParameters}' },
      'custom.content: has {formParameters}, which only the body form has',
    ],
    [
      'too many placeholders',
      { content: '{id}{id}{id}{id}{id}{id}{id}{id}{id}{body}' },
      'custom.content: must have at most 9 placeholders',
    ],
  ])('is refused with %s', (_case, changes, message) => {
    const [problem] = formatProblems(custom(changes));
    expect(`${problem?.path}: ${problem?.message}`).toBe(`signatures[0].${message}`);
  });
});

describe('the headers of a format', () => {
  it('contain facts, in several formats of time, and fixed values', () => {
    const named = { id: 'X-Id', type: 'X-Type', timestamp: 'X-Time' };
    const headers = (timestampFormat?: 'unix' | 'unix-ms' | 'rfc3339') =>
      format({ headers: { ...named, timestampFormat, fixed: { 'X-Version': '2' } } });
    expect(headers()?.headers).toMatchObject({
      'x-id': 'evt_01',
      'x-type': 'invoice.paid',
      'x-time': SECONDS,
    });
    expect(headers('unix-ms')?.headers).toMatchObject({ 'x-time': '1769860807500' });
    expect(headers('rfc3339')?.headers).toMatchObject({ 'x-time': '2026-01-31T12:00:07Z' });
    expect(headers()?.fixedHeaders).toEqual({ 'x-version': '2' });
    expect(format({ headers: { id: null } })?.headers).not.toHaveProperty('x-id');
  });

  it.each<[string, DeliveryFormat]>([
    ['two signatures', { signatures: ['convoy', 'convoy-advanced'] }],
    ['the same profile twice', { signatures: ['stripe', 'stripe'] }],
    [
      'a profile and a prefix',
      { signatures: ['svix', { profile: 'standard-webhooks', headerPrefix: 'Svix-' }] },
    ],
    [
      'a profile and a custom signature',
      { signatures: ['github', { custom: { ...signatureOf(), header: 'X-Hub-Signature-256' } }] },
    ],
    ['the standard signature and an id', { headers: { id: 'Webhook-Id' } }],
    [
      'a signature and a fixed header',
      { signatures: ['slack'], headers: { fixed: { 'X-Slack-Request-Timestamp': '1' } } },
    ],
    ['two facts', { headers: { id: 'X-A', type: 'x-a' } }],
    ['CloudEvents and a fixed header', { body: 'cloudevents-binary', headers: { fixed: { 'CE-Id': '1' } } }],
  ])('are refused if they repeat: %s', (_case, spec) => {
    expect(formatProblems(spec)[0]?.message).toMatch(/^another part of the format sets the header /);
  });

  it('are refused if they are not known', () => {
    expect(formatProblems({ signatures: [{ profile: 'stripe', algorithm: 'ed25519' }] })).toMatchObject([
      { path: 'signatures[0].algorithm', code: 'unsupported_algorithm' },
    ]);
  });
});

describe('the headers of an event', () => {
  const KEYED = { idempotencyKey: 'order-17', metadata: { Source: 'billing', region: 'eu' } };
  const SPEC: DeliveryFormat = {
    signatures: ['github'],
    headers: {
      timestampFormat: 'unix-ms',
      metadataPrefix: 'X-Meta-',
      fixed: {
        'X-Key': '{idempotencyKey}',
        'X-Ref': '{externalEventId}',
        'X-All': '{type} {id} {timestamp} {tenantId}',
        'X-Literal': '{} { type } {0}',
        'X-Meta-Region': 'us',
      },
    },
  };

  it('are its metadata, and fixed headers with placeholders', () => {
    expect(format(SPEC, DATA, KEYED)?.fixedHeaders).toEqual({
      'x-meta-source': 'billing',
      'x-meta-region': 'us',
      'x-key': 'order-17',
      'x-ref': 'order-17',
      'x-all': 'invoice.paid evt_01 1769860807500 ten_01',
      'x-literal': '{} { type } {0}',
    });
  });

  it('are left out without a value', () => {
    expect(format(SPEC)?.fixedHeaders).toEqual({
      'x-meta-region': 'us',
      'x-ref': 'evt_01',
      'x-all': 'invoice.paid evt_01 1769860807500 ten_01',
      'x-literal': '{} { type } {0}',
    });
  });

  it('are those of Outpost in its profile, which other headers replace', () => {
    const attributes = { idempotencyKey: 'op-1', metadata: { source: 'api', topic: 'other' } };
    const message = format({ signatures: ['outpost'] }, DATA, attributes);
    expect({ ...message?.fixedHeaders, ...message?.headers }).toMatchObject({
      'x-outpost-event-id': 'op-1',
      'x-outpost-source': 'api',
      'x-outpost-topic': 'invoice.paid',
    });
    const renamed: DeliveryFormat = { signatures: [{ profile: 'outpost', headerPrefix: 'X-Acme-' }] };
    expect(format(renamed, DATA, attributes)?.fixedHeaders).toMatchObject({ 'x-acme-source': 'api' });
  });

  it('cannot have unknown placeholders', () => {
    const [problem] = formatProblems({ headers: { fixed: { 'X-A': '{types}' } } });
    expect(problem).toMatchObject({
      path: 'headers.fixed.X-A',
      code: 'unknown_placeholder',
      message: `has the unknown placeholder {types}; use ${FACTS}, {tenantId}`,
    });
  });

  it.each<[string, DeliveryFormat['headers'], Partial<CustomSignature>, boolean]>([
    ['another format in a header', { timestamp: 'X-Time', timestampFormat: 'unix-ms' }, {}, true],
    [
      'another format in a fixed header',
      { fixed: { 'X-Time': '{timestamp}' }, timestampFormat: 'unix-ms' },
      {},
      true,
    ],
    ['another format of the signature', { timestamp: 'X-Time' }, { timestampFormat: 'rfc3339' }, true],
    [
      'the same format',
      { timestamp: 'X-Time', timestampFormat: 'unix-ms' },
      { timestampFormat: 'unix-ms' },
      false,
    ],
    [
      'the time in the value',
      { timestamp: 'X-Time', timestampFormat: 'unix-ms' },
      { value: '{timestamp}:{signature}' },
      false,
    ],
    ['no signed time', { timestamp: 'X-Time', timestampFormat: 'unix-ms' }, { content: '{body}' }, false],
  ])('cannot contradict a signed time: %s', (_case, headers, changes, isRefused) => {
    const { signatures } = custom({ content: '{timestamp}{body}', ...changes });
    const paths = formatProblems({ headers, signatures }).map(({ path }) => path);
    expect(paths).toEqual(isRefused ? ['signatures[0].custom.timestampFormat'] : []);
  });
});

describe('the body form', () => {
  it('has a parameter for each member, as it was published', () => {
    const message = format(
      { body: 'form' },
      '{"b ü":"x&=\\n","a":1.50,"n":null,"o":{"c":[1, 2]},"a":12345678901234567890}',
    );
    expect(message?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(message?.body).toBe(
      'b+%C3%BC=x%26%3D%0A&a=12345678901234567890&n=&o=%7B%22c%22%3A%5B1%2C+2%5D%7D',
    );
  });

  it('is what a form parser reads, for every data', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), (data) => {
        const parameters = new URLSearchParams(bodyOf({ body: 'form' }, JSON.stringify(data)));
        expect(Object.fromEntries(parameters)).toEqual(data);
      }),
    );
  });

  it('is signed by its URL and sorted parameters', () => {
    const { signatures } = custom({ content: '{url}{formParameters}' });
    const message = format({ body: 'form', signatures }, '{"b":"2","a":"1 ","B":"3"}');
    expect(message?.headers['x-signature']).toBe(
      hmac('sha256', SECRET, `${URL_OF_RECEIVER}B3a1 b2`).digest('hex'),
    );
  });

  it('is not too long', () => {
    expect(format({ body: 'form' }, JSON.stringify({ a: 'ü'.repeat(200_000) }))).toBeNull();
  });
});

function signatureOf(): CustomSignature {
  return { algorithm: 'hmac-sha256', encoding: 'hex', content: '{body}', header: 'x', value: '{signature}' };
}
