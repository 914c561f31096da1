export const ACTIONS = ['create', 'update', 'exists', 'suspend', 'delete', 'skip', 'failed'] as const;
export type Action = (typeof ACTIONS)[number];

/** What happened to one item, or would happen. */
export interface Result {
  kind: 'tenant' | 'event type' | 'webhook';
  /** The tenant of a webhook. */
  tenant?: string | undefined;
  name: string;
  action: Action;
  notes: string[];
}
