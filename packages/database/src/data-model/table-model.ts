import type { RetentionCutoffs } from './retention-cutoffs.js';

/** A row of another table that a row belongs to, by its id in a column. */
interface Through {
  table: string;
  by: string;
}

/** How a row leads to the tenant, or to the event, whose data it has: the column with its id, or another row. */
type Owner = string | Through;

/** What the purge of a tenant does with its rows. */
type PurgeOf =
  /** Deletes them, by the columns of their key. */
  | { key: string }
  /** Deletes them, or what they have of the tenant, with a statement of its own: see purge-tenant.ts. */
  | 'statement'
  /** The rows that they belong to are deleted, and they with them. */
  | 'with-owner'
  /** They have numbers and times only. */
  | 'stays';

/** When rows expire, apart from their purge. */
type RetentionOf =
  /** With the partition of their day, or when the cutoff has passed. */
  | { cutoff: keyof RetentionCutoffs; isPartitioned?: true }
  /** When the rows that they belong to do. */
  | 'with-owner'
  /** When what they are needed for is done. */
  | 'until-done'
  /** When they are changed or deleted. */
  | 'until-changed';

export interface TableModel {
  /** Null: a row has data of the installation, or of no one tenant. */
  tenant: Owner | null;
  /** Null: a row has no data of a single event. */
  event: Owner | null;
  /** Columns that can have data of persons. */
  personal: readonly string[];
  /** Columns with texts or digests that have none. All others have ids, numbers, times and states. */
  impersonal: readonly string[];
  purge: PurgeOf;
  retention: RetentionOf;
  /** The types of the records of an export that its rows are in. */
  exported: readonly string[];
}
