import { putWebhookBody } from '@posthorn/contract';
import type { z } from 'zod';

/** What an import brings, in the terms of Posthorn. Sources translate to it. */
export interface ImportSource {
  /** The name in reports, such as `Svix`. */
  name: string;
  eventTypes(): AsyncIterable<ImportedEventType>;
  tenants(): AsyncIterable<ImportedTenant>;
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
  secret?: string | undefined;
  secretEncoding?: 'base64' | 'text' | undefined;
  /** A disabled webhook is not activated. */
  isEnabled: boolean;
  /** Why the webhook must not be imported: it would get other events than before. */
  skip?: string | undefined;
}

/** Returns undefined for a record without entries: the setting is absent. */
export function unlessEmpty<Value>(
  record: Record<string, Value> | null | undefined,
): Record<string, Value> | undefined {
  return record && Object.keys(record).length > 0 ? record : undefined;
}

export const webhookSettings = putWebhookBody.omit({
  url: true,
  tenantId: true,
  secret: true,
  secretEncoding: true,
});

/** Values are checked by the API. */
export type WebhookSettings = z.input<typeof webhookSettings>;
