import { errorText } from '@posthorn/core';
import { type Posthorn, PosthornError } from '@posthorn/sdk';
import { UsageError } from '../command/usage-error.js';
import type { Compared, Comparison } from './compared.js';
import type { Recording } from './read-recordings.js';
import { unrecordedDeliveries } from './unrecorded-deliveries.js';

interface CompareOptions {
  /** The webhook of lines without one, and its tenant. */
  webhook: string | undefined;
  tenant: string | undefined;
  /** Names of headers, in lower case. */
  ignoredHeaders: ReadonlySet<string>;
  /** Whether the same JSON with other bytes is different. */
  bytes: boolean;
}

interface RecordingComparer {
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
        return { line, event, result: resultOf(comparison, differences, options), differences, comparison };
      } catch (error) {
        if (!(error instanceof PosthornError) || (error.status !== 404 && error.status !== 422)) throw error;
        return { line, event, result: 'failed', differences: reasonsOf(error), comparison: null };
      }
    },
    unrecorded: () => unrecordedDeliveries(api, recorded),
  };
}

function resultOf(
  { body }: Comparison,
  { length }: readonly string[],
  { bytes }: Pick<CompareOptions, 'bytes'>,
): Compared['result'] {
  if (length === 0) return 'equal';
  return !bytes && length === 1 && body?.equalAsJson ? 'equalAsJson' : 'different';
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
      .map(
        ({ name, recorded, composed, signatures }) =>
          `${name}: ${recorded ?? 'absent'} → ${composed ?? 'absent'}${signatures ? ` (${signatureNote(signatures)})` : ''}`,
      ),
  ];
}

type Signatures = NonNullable<Comparison['headers'][number]['signatures']>;

/** Says why signatures for the same body, id and time differ. */
function signatureNote({ recorded, composed, equal }: Signatures): string {
  if (recorded > 0 && composed > 0 && equal === 0)
    return 'no signature is equal: the secret, its encoding or the format is another';
  return `${recorded} signatures → ${composed}, ${equal} equal`;
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
