import { putWebhookBody } from '@posthorn/contract';
import type { z } from 'zod';

/** What an import brings, in the terms of Posthorn. Sources translate to it. */
export interface ImportSource {
  /** Names the source in reports, and in Posthorn where its webhooks come from, such as `Svix at https://api.svix.com`. */
  name: string;
  /** What its receivers verify. Asked for before webhooks are activated, because its API does not reveal it. */
  format: string;
  /** Whether it is a running system, which may still send to the webhooks. */
  isLive: boolean;
  /** Whether it has tenants besides those that it returns. */
  isPartial?: boolean;
  eventTypes(): AsyncIterable<ImportedEventType>;
  tenants(): AsyncIterable<ImportedTenant>;
  /** Reads a webhook by its id, and returns whether the source has it. The absence from a list is no proof: a page may be incomplete. */
  has(webhook: SourceWebhook): Promise<boolean>;
}

/** A webhook, by its ids in the source. */
interface SourceWebhook {
  /** Null for the default tenant. */
  tenant: string | null;
  id: string;
}

/** What of an item has no counterpart in Posthorn, and why. */
interface Translated {
  notes: string[];
}

export interface ImportedEventType extends Translated {
  name: string;
  description?: string | undefined;
  group?: string | undefined;
  schema?: Record<string, unknown> | undefined;
}

export interface ImportedTenant {
  /** Null for the default tenant. */
  externalId: string | null;
  name: string;
  webhooks(): Promise<ImportedWebhook[]>;
}

export interface ImportedWebhook extends Translated {
  externalId: string;
  url: string;
  /** All settings of the webhook that the source has. */
  settings: WebhookSettings;
  /** Names of headers whose values the source does not reveal. */
  hiddenHeaders?: string[];
  /** The current secret, then previous ones that are still valid. */
  secrets: ImportedSecret[];
  /** A disabled webhook is not activated. */
  isEnabled: boolean;
  /** Why the webhook must not be imported: it would get other events than before. */
  skip?: string | undefined;
}

export interface ImportedSecret {
  secret: string;
  secretEncoding?: 'base64' | 'text' | undefined;
  /** RFC 3339. Absent for the current secret. */
  endsAt?: string;
}

/** Returns undefined for a record without entries: the setting is absent. */
export function unlessEmpty<Value>(
  record: Record<string, Value> | null | undefined,
): Record<string, Value> | undefined {
  return record && Object.keys(record).length > 0 ? record : undefined;
}

export const webhookSettings = putWebhookBody.omit({
  delivery: true,
  url: true,
  tenantId: true,
  secret: true,
  secretEncoding: true,
});

/** Values are checked by the API. */
export type WebhookSettings = z.input<typeof webhookSettings>;
