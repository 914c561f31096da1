import { errorText } from '@posthorn/core';
import { type Posthorn, PosthornError } from '@posthorn/sdk';
import { UsageError } from '../usage-error.js';
import type { Compared, Comparison } from './compared.js';
import type { Recording } from './read-recordings.js';
import { unrecordedDeliveries } from './unrecorded-deliveries.js';

export interface CompareOptions {
  /** The webhook of lines without one, and its tenant. */
  webhook: string | undefined;
  tenant: string | undefined;
  /** Names of headers, in lower case. */
  ignoredHeaders: ReadonlySet<string>;
}

export interface RecordingComparer {
  /** Compares a recorded request with the one of Posthorn. One whose event or webhook is not found is failed. */
  compare(recording: Recording): Promise<Compared>;
  /** Returns the deliveries of the same webhooks and time for which no request was recorded. */
  unrecorded(): AsyncGenerator<Compared>;
}

export function recordingComparer(api: Posthorn, options: CompareOptions): RecordingComparer {
  const ids = new Map<string, Promise<string>>();
  /** The events of the recorded requests, by webhook. */
  const recorded = new Map<string, Set<string>>();

  /** An external id is looked up once. */
  function webhookId(webhook: string, tenantId: string | undefined): Promise<string> | string {
    if (!webhook.startsWith('ext:')) return webhook;
    const key = JSON.stringify([tenantId, webhook]);
    const known = ids.get(key) ?? api.webhooks.get(webhook, { tenantId }).then(({ id }) => id);
    ids.set(key, known);
    return known;
  }

  async function compareOf(webhook: string, recording: Recording): Promise<Comparison> {
    const { event, headers, body, tenant } = recording;
    const id = await webhookId(webhook, tenant);
    const comparison = await api.webhooks.compare(id, { event, headers, body });
    const events = recorded.get(id) ?? new Set();
    recorded.set(id, events.add(comparison.eventId));
    return comparison;
  }

  return {
    async compare({ tenant = options.tenant, webhook = options.webhook, ...recording }) {
      const { line, event } = recording;
      if (webhook === undefined) throw new UsageError(`Line ${line} names no webhook. Pass --webhook.`);
      try {
        const comparison = await compareOf(webhook, { ...recording, tenant });
        const differences = differencesOf(comparison, options.ignoredHeaders);
        const result = differences.length === 0 ? 'equal' : 'different';
        return { line, event, result, differences, comparison };
      } catch (error) {
        if (!(error instanceof PosthornError) || (error.status !== 404 && error.status !== 422)) throw error;
        return { line, event, result: 'failed', differences: reasonsOf(error), comparison: null };
      }
    },
    unrecorded: () => unrecordedDeliveries(api, recorded),
  };
}

function reasonsOf({ errors, message }: PosthornError): string[] {
  const details = errors.map(errorText);
  return details.length === 0 ? [message] : details;
}

function differencesOf({ notMatched, body, headers }: Comparison, ignored: ReadonlySet<string>): string[] {
  return [
    ...(notMatched === null ? [] : [matchDifference(notMatched)]),
    ...(body === null ? [] : [bodyDifference(body)]),
    ...headers
      .filter(({ name }) => !ignored.has(name))
      .map(({ name, recorded, composed }) => `${name}: ${recorded ?? 'absent'} → ${composed ?? 'absent'}`),
  ];
}

const matchDifference = ({ reason, violation }: NonNullable<Comparison['notMatched']>): string =>
  `sent → not sent: ${reason}${violation === null ? '' : ` (${errorText(violation)})`}`;

const bodyDifference = ({
  offset,
  recorded,
  composed,
  equalAsJson,
}: NonNullable<Comparison['body']>): string =>
  `body at character ${offset}${equalAsJson ? ' (the same JSON)' : ''}: ${recorded} → ${composed}`;
