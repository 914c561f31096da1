import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Stack } from '@posthorn/local';
import { Posthorn } from '@posthorn/sdk';
import { type ApiClient, eventually, patientClient, type Receiver } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Person } from './person.js';
import { type Sought, soughtText } from './sought.js';

/** The third retry is never due while the test lasts. */
const RETRY_SCHEDULE = [1, 3, 3600];

const SEARCHED = 'order.placed';
const NOT_SEARCHED = 'note.added';

/** Events of a person, and requests to the webhooks of the tenant for them. */
const EVENTS = 6;

const unique = (name: string): string => `${name}${randomBytes(8).toString('hex')}`;

export interface WalkerDeps {
  stack: Stack;
  /** With the key of the operator. */
  api: ApiClient;
  receiver: Receiver;
  redis: Redis;
}

/** The tenant that walks from its creation to its purge. */
export class Walker {
  readonly #deps: WalkerDeps;
  readonly #fields = {
    name: unique('Walker '),
    externalId: unique('external'),
    contactEmail: `${unique('contact')}@example.com`,
    tags: [unique('tag')],
    metadata: { crm: unique('crm') },
  };
  readonly #path = `/${unique('path')}`;
  readonly #description = unique('description');
  readonly #keyName = unique('key');
  id = '';
  /** Its own keys: that of its application, and an `admin` key. */
  own!: ApiClient;
  admin!: ApiClient;
  sdk!: Posthorn;

  constructor(deps: WalkerDeps) {
    this.#deps = deps;
  }

  /** What only the purge removes. */
  sought(): Sought[] {
    const { name, externalId, contactEmail, tags, metadata } = this.#fields;
    return Object.entries({
      'tenant name': name,
      externalId,
      contactEmail,
      tag: tags[0] ?? '',
      'tenant metadata': metadata.crm,
      path: this.#path,
      description: this.#description,
      'key name': this.#keyName,
    }).map(([field, text]) => soughtText(field, text));
  }

  get externalId(): string {
    return this.#fields.externalId;
  }

  async create(): Promise<void> {
    const { api, stack } = this.#deps;
    await api.post('/v1/event-types', { name: SEARCHED, searchKeys: ['/customer/id'] });
    await api.post('/v1/event-types', { name: NOT_SEARCHED });
    const { status, body } = await api.post('/v1/tenants', this.#fields);
    expect(status).toBe(201);
    this.id = body.id;
    this.own = patientClient(stack.apiUrl, body.key);
    const key = { name: this.#keyName, tenantId: this.id, scopes: ['admin', 'payloads:read'] };
    const { body: admin } = await api.post('/v1/api-keys', key);
    this.admin = patientClient(stack.apiUrl, admin.key);
    this.sdk = new Posthorn({ apiKey: admin.key, baseUrl: stack.apiUrl });
    await this.#createWebhook('good', { ordering: 'byKey', description: this.#description });
    await this.#createWebhook('failing', { retrySchedule: RETRY_SCHEDULE });
    await this.#createWebhook('once', { retrySchedule: [] });
  }

  async #createWebhook(name: string, fields: object): Promise<void> {
    const url = new URL(`${this.#path}/${name}`, this.#deps.receiver.url).href;
    const { body } = await this.own.post('/v1/webhooks', { url, eventTypes: ['*'], ...fields });
    const { body: validation } = await this.own.post(`/v1/webhooks/${body.id}/validation`);
    expect(validation.status).toBe('confirmed');
  }

  /** Returns the number of requests to one of the webhooks, for events with a text. */
  requests(name: string, text: string): number {
    return this.#deps.receiver.requests.filter(
      ({ path, body }) => path === `${this.#path}/${name}` && body.includes(text),
    ).length;
  }

  allRequests(): number {
    return this.#deps.receiver.requests.filter(({ path }) => path.startsWith(this.#path)).length;
  }

  /** Publishes events of a person in all ways, and waits for their attempts. */
  async publish(person: Person): Promise<void> {
    const { redis, stack } = this.#deps;
    const accept = async (event: object) =>
      expect((await this.own.post('/v1/events', event)).status).toBe(202);
    const { idempotencyKey, orderingKey } = person;
    const metadata = { note: person.metadata };
    await accept({ type: SEARCHED, data: person.data(), idempotencyKey, orderingKey, metadata });
    await accept({ type: NOT_SEARCHED, data: person.data(), orderingKey });
    // Long enough to be compressed, or to be stored out of line.
    const filler = 'the same words again and again, '.repeat(20);
    await accept({ type: SEARCHED, data: person.data({ text: person.compressed + filler }) });
    const random = randomBytes(6000).toString('base64');
    await accept({ type: SEARCHED, data: person.data({ text: person.long + random }) });
    await this.push(SEARCHED, { data: person.data() });
    const fields = { type: NOT_SEARCHED, data: JSON.stringify(person.data()), tenant: this.id };
    await redis.xadd(`${stack.queuePrefix}:intake`, '*', ...Object.entries(fields).flat());
    await this.push(SEARCHED, { data: person.data({ text: person.rejected }), occurredAt: 'soon' });
    await eventually(() => {
      expect(this.requests('good', person.id)).toBe(EVENTS);
      expect(this.requests('once', person.id)).toBe(EVENTS);
      expect(this.requests('failing', person.id)).toBeGreaterThanOrEqual(2 * EVENTS);
    });
    await eventually(async () => expect(await this.rejectedWith(person)).toBeGreaterThan(0));
  }

  /** Waits until the last attempts that are due are recorded. */
  async untilRetried(person: Person): Promise<void> {
    await eventually(() => expect(this.requests('failing', person.id)).toBe(RETRY_SCHEDULE.length * EVENTS));
    await eventually(async () => {
      const pending = await this.list('/v1/deliveries?status=pending');
      expect(new Set(pending.map(({ attemptCount }) => attemptCount))).toEqual(
        new Set([RETRY_SCHEDULE.length]),
      );
    });
  }

  /** Pushes to the queue of events. */
  async push(type: string, message: object): Promise<void> {
    const { redis, stack } = this.#deps;
    const queue = new Queue('events', { connection: redis, prefix: stack.queuePrefix });
    await queue.add(type, { tenantId: this.id, ...message });
    await queue.close();
  }

  /** Returns the number of rejected pushes with data of a person. */
  async rejectedWith(person: Person): Promise<number> {
    const { body } = await this.admin.get('/v1/rejected-events?limit=200');
    return body.data.filter((each: object) => JSON.stringify(each).includes(person.id)).length;
  }

  /** Returns all rows of a list. */
  async list(path: string): Promise<Row[]> {
    const { status, body } = await this.admin.get(`${path}${path.includes('?') ? '&' : '?'}limit=200`);
    expect([path, status, body.nextCursor]).toEqual([path, 200, null]);
    return body.data;
  }
}

export interface Row {
  id: string;
  [field: string]: unknown;
}
