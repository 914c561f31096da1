import { isDeepStrictEqual } from 'node:util';
import { type ImportWebhookInput, WEBHOOK_SETTINGS } from '@posthorn/contract';
import {
  type Actor,
  type ImportedSecrets,
  type LifecycleCommand,
  openCustomHeaders,
  type HashingSealer,
  sealImportedSecrets,
  transition,
  type WebhookLifecycle,
} from '@posthorn/core';
import type { WebhookChange, WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { suspenderOf } from '../webhooks/lifecycle.js';
import { changedApproval } from '../webhooks/headers-approval.js';
import { changedFilter, storedSettings } from '../webhooks/webhook-settings.js';
import { digestsOf, type ImportField, type ImportValues, presentValues } from './import-values.js';
import { type MergedField, mergeFields, nextDigests } from './merge-fields.js';

/** A webhook of another system, validated. */
export interface Imported {
  body: ImportWebhookInput;
  values: ImportValues;
  /** Null if the source has no secret. */
  secrets: ImportedSecrets | null;
  actor: Actor;
  externalId: string;
}

interface ImportPlan {
  fields: MergedField[];
  attests: boolean;
  /** Null if nothing changes. */
  change: WebhookChange | null;
}

interface Context {
  sealer: HashingSealer;
  now: Date;
}

const OVERLAP_MS = 24 * 3_600_000;

/** Decides what of a webhook follows the source, by comparing the last import, the source and what is present. */
export function planImport(webhook: WebhookRecord, imported: Imported, context: Context): ImportPlan {
  const { body, values, secrets } = imported;
  const { sealer, now } = context;
  const present = presentValues(webhook, { ...context, hiddenHeaders: body.hiddenHeaders });
  const last = webhook.importDigests ?? {};
  const digests = {
    source: digestsOf(webhook.id, values, sealer),
    present: digestsOf(webhook.id, present, sealer),
    last,
  };
  const fields = mergeFields(digests, body);
  const follows = (name: ImportField) =>
    fields.some((field) => field.name === name && field.outcome === 'followed');
  const commands = commandsFor(follows, imported);
  const moved = applyAll(webhook, commands, now);
  const lifecycle = attested(moved, imported, now) ?? moved;
  const remembered =
    body.mode === 'create'
      ? {}
      : {
          importedFrom: body.source,
          importedId: imported.externalId,
          importDigests: nextDigests(digests, fields),
          importRemovedAt: null,
        };
  const change: WebhookChange = {
    settings: { ...settingsFor(follows, { webhook, imported, lifecycle }, context), ...remembered },
    ...(lifecycle !== webhook && { lifecycle }),
    ...(follows('eventTypes') && { eventTypes: values.eventTypes }),
    ...(follows('deliveryFormat') && { deliveryFormat: values.deliveryFormat }),
    ...(follows('secret') &&
      secrets && {
        secrets: sealImportedSecrets(
          webhook,
          {
            ...secrets,
            areOfSource: digests.present.secret === last['secret'],
            now,
            overlapEnd: new Date(now.getTime() + OVERLAP_MS),
          },
          sealer,
        ),
      }),
  };
  const isUnchanged =
    lifecycle === webhook &&
    fields.every(({ outcome }) => outcome !== 'followed') &&
    isDeepStrictEqual({ ...webhook, ...remembered }, webhook);
  return {
    fields,
    attests: lifecycle !== moved,
    change: isUnchanged ? null : change,
  };
}

type Follows = (name: ImportField) => boolean;

function commandsFor(follows: Follows, { values, body, actor }: Imported): LifecycleCommand[] {
  const commands: LifecycleCommand[] = [];
  if (follows('url')) commands.push({ type: 'change_url', url: values.url });
  if (follows('enabled') && body.enabled) commands.push({ type: 'reactivate' });
  if (follows('enabled') && !body.enabled)
    commands.push({
      type: 'suspend',
      reason: 'disabled in the system that it was imported from',
      ...suspenderOf(actor),
    });
  return commands;
}

function applyAll(webhook: WebhookLifecycle, commands: LifecycleCommand[], now: Date): WebhookLifecycle {
  return commands.reduce((current, command) => {
    const result = transition(current, command, now);
    return result.ok ? result.next : current;
  }, webhook);
}

/** Attests the URL of the source. Returns null if there is nothing to attest, or if the URL was set by hand. */
function attested(
  webhook: WebhookLifecycle,
  { body: { attestReason, enabled }, values, actor }: Imported,
  now: Date,
): WebhookLifecycle | null {
  const isOfSource = (webhook.pendingUrl ?? webhook.url) === values.url;
  if (attestReason === undefined || !enabled || !isOfSource) return null;
  const result = transition(webhook, { type: 'attest', reason: attestReason, byName: actor.name }, now);
  return result.ok ? result.next : null;
}

interface Setting {
  webhook: WebhookRecord;
  imported: Imported;
  lifecycle: WebhookLifecycle;
}

function settingsFor(
  follows: Follows,
  { webhook, imported: { body, values }, lifecycle }: Setting,
  { sealer, now }: Context,
): NonNullable<WebhookChange['settings']> {
  const headers = follows('headers')
    ? { ...hiddenHeadersOf(webhook, body.hiddenHeaders, sealer), ...values.headers }
    : undefined;
  const deliveryFormat = follows('deliveryFormat') ? values.deliveryFormat : undefined;
  const auth = follows('auth') ? values.auth : undefined;
  const followed = SETTINGS.filter(follows).map((name) => [name, values[name]]);
  return {
    ...storedSettings(webhook.id, { ...Object.fromEntries(followed), headers }, sealer),
    ...changedFilter(webhook, follows('filter') ? values.filter : undefined, now),
    headersApprovedOrigin: changedApproval(webhook, lifecycle, {
      headers,
      auth,
      deliveryFormat,
      byAdmin: true,
    }),
  };
}

/** Without the headers, the filter and the format, which are set apart, and the external id, by which the webhook is found. */
const SETTINGS = [
  ...WEBHOOK_SETTINGS.columns.filter((name) => name !== 'externalId'),
  'auth',
  'rateLimit',
] as const;

/** Returns the headers whose values the source does not reveal, as they were set by hand. */
function hiddenHeadersOf(
  webhook: WebhookRecord,
  names: readonly string[],
  sealer: HashingSealer,
): Record<string, string> {
  const hidden = new Set(names.map((name) => name.toLowerCase()));
  const present = Object.entries(openCustomHeaders(webhook, sealer));
  return Object.fromEntries(present.filter(([name]) => hidden.has(name.toLowerCase())));
}
