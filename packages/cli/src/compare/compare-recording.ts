import { type components, type Posthorn, PosthornError } from '@posthorn/sdk';
import { UsageError } from '../usage-error.js';
import type { Recording } from './read-recordings.js';

type Comparison = components['schemas']['Comparison'];

/** The result for one recorded request. */
export interface Compared {
  line: number;
  event: string;
  result: 'equal' | 'different' | 'failed';
  /** What differs, or why the request could not be compared. */
  differences: string[];
  comparison: Comparison | null;
}

export interface CompareOptions {
  /** The webhook of lines without one, and its tenant. */
  webhook: string | undefined;
  tenant: string | undefined;
  /** Names of headers, in lower case. */
  ignoredHeaders: ReadonlySet<string>;
}

/** Returns the function that compares a recorded request with the one of Posthorn. One whose event or webhook is not found is failed. */
export function recordingComparer(
  api: Posthorn,
  options: CompareOptions,
): (recording: Recording) => Promise<Compared> {
  const ids = new Map<string, Promise<string>>();

  /** An external id is looked up once. */
  function webhookId(webhook: string, tenantId: string | undefined): Promise<string> | string {
    if (!webhook.startsWith('ext:')) return webhook;
    const key = JSON.stringify([tenantId, webhook]);
    const known = ids.get(key) ?? api.webhooks.get(webhook, { tenantId }).then(({ id }) => id);
    ids.set(key, known);
    return known;
  }

  return async ({ line, tenant = options.tenant, webhook = options.webhook, ...request }) => {
    if (webhook === undefined) throw new UsageError(`Line ${line} names no webhook. Pass --webhook.`);
    const compared = { line, event: request.event };
    try {
      const comparison = await api.webhooks.compare(await webhookId(webhook, tenant), request);
      const differences = differencesOf(comparison, options.ignoredHeaders);
      return {
        ...compared,
        result: differences.length === 0 ? 'equal' : 'different',
        differences,
        comparison,
      };
    } catch (error) {
      if (!(error instanceof PosthornError) || (error.status !== 404 && error.status !== 422)) throw error;
      const details = error.errors.map(({ path, message }) => `${path} ${message}`);
      const differences = details.length === 0 ? [error.message] : details;
      return { ...compared, result: 'failed', differences, comparison: null };
    }
  };
}

function differencesOf({ body, headers }: Comparison, ignored: ReadonlySet<string>): string[] {
  return [
    ...(body === null ? [] : [bodyDifference(body)]),
    ...headers
      .filter(({ name }) => !ignored.has(name))
      .map(({ name, recorded, composed }) => `${name}: ${recorded ?? 'absent'} → ${composed ?? 'absent'}`),
  ];
}

const bodyDifference = ({
  offset,
  recorded,
  composed,
  equalAsJson,
}: NonNullable<Comparison['body']>): string =>
  `body at character ${offset}${equalAsJson ? ' (the same JSON)' : ''}: ${recorded} → ${composed}`;
