import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { type ApiClient, eventually, patientClient, type Receiver } from '@posthorn/testkit';

const PAUSE_MS = 400;

/** Other tenants, each of which publishes to its webhook all the time. */
export interface Bystanders {
  /** Ends the publishing, and checks that each webhook got all events of its tenant and no others. Returns their number. */
  stop(): Promise<number>;
}

export interface BystanderOptions {
  api: ApiClient;
  apiUrl: string;
  receiver: Receiver;
  tenants: number;
}

export async function startBystanders(options: BystanderOptions): Promise<Bystanders> {
  const ending = new AbortController();
  const all = await Promise.all(
    Array.from({ length: options.tenants }, (_, number) => createBystander(options, number)),
  );
  const publishing = Promise.all(all.map((one) => one.publishUntil(ending.signal)));
  return {
    async stop() {
      ending.abort();
      const published = await publishing;
      for (const [index, { arrived }] of all.entries())
        await eventually(() => expect(arrived()).toEqual(published[index]), { timeoutMs: 60_000 });
      return published.flat().length;
    },
  };
}

async function createBystander({ api, apiUrl, receiver }: BystanderOptions, number: number) {
  const { body: tenant } = await api.post('/v1/tenants', { name: `Bystander ${number}` });
  const own = patientClient(apiUrl, tenant.key);
  const at = `/bystander/${number}`;
  const url = new URL(at, receiver.url).href;
  const { body: webhook } = await own.post('/v1/webhooks', { url, eventTypes: ['tick.*'] });
  expect((await own.post(`/v1/webhooks/${webhook.id}/validation`)).body.status).toBe('confirmed');
  return {
    /** Returns the ids of the events that were accepted, in their order. */
    async publishUntil(signal: AbortSignal): Promise<string[]> {
      const ids: string[] = [];
      while (!signal.aborted) {
        const { status, body } = await own.post('/v1/events', { type: 'tick.tock', data: { number } });
        if (status !== 202) throw new Error(`A bystander was rejected: ${JSON.stringify(body)}`);
        ids.push(body.id);
        await sleep(PAUSE_MS);
      }
      return ids.toSorted();
    },
    arrived: (): string[] =>
      [
        ...new Set(
          receiver.requests
            .filter(({ path, body }) => path === at && body.includes('tick.tock'))
            .map(({ headers }) => headers['webhook-id'] ?? ''),
        ),
      ].toSorted(),
  };
}
