import type pg from 'pg';
import { OUTBOX_CHANNEL } from './listen-to-outbox.js';

/**
 * Creates the outbox in the database of an application, PostgreSQL 13 or newer. It can be run again. It waits only shortly for a lock,
 * because the inserts of the application wait behind it.
 *
 * `transaction` comes before `position`: PostgreSQL computes the defaults of a row in the order of the columns, so a transaction has its
 * number before it draws a position. `postgresPositions` relies on that.
 */
const INSTALL_OUTBOX = `-- Run this in one transaction, so that it waits only shortly for locks.
SET LOCAL lock_timeout = '2s';

CREATE SCHEMA IF NOT EXISTS posthorn;

CREATE TABLE IF NOT EXISTS posthorn.outbox (
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The event of a row has an id that is derived from this one and from created_at.
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  type text NOT NULL,
  -- A JSON object. Its text is sent as it is.
  data text NOT NULL,
  -- default, or ten_…
  tenant text,
  occurred_at timestamptz,
  -- A JSON object.
  metadata text,
  ordering_key text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE OR REPLACE FUNCTION posthorn.publish(
  type text, data text, tenant text DEFAULT NULL, occurred_at timestamptz DEFAULT NULL, metadata jsonb DEFAULT NULL,
  ordering_key text DEFAULT NULL
) RETURNS void LANGUAGE sql AS $$
  -- The casts keep the text, and raise an error if it is not JSON.
  INSERT INTO posthorn.outbox (type, data, tenant, occurred_at, metadata, ordering_key)
  VALUES (publish.type, publish.data::json::text, publish.tenant, publish.occurred_at, publish.metadata::text,
    publish.ordering_key)
$$;

CREATE OR REPLACE FUNCTION posthorn.publish(
  type text, data jsonb, tenant text DEFAULT NULL, occurred_at timestamptz DEFAULT NULL, metadata jsonb DEFAULT NULL,
  ordering_key text DEFAULT NULL
) RETURNS void LANGUAGE sql AS $$
  INSERT INTO posthorn.outbox (type, data, tenant, occurred_at, metadata, ordering_key)
  VALUES (publish.type, publish.data::text, publish.tenant, publish.occurred_at, publish.metadata::text,
    publish.ordering_key)
$$;
`;

/** Wakes the producers that listen, with the commit of the rows. */
const INSTALL_NOTIFY = `
CREATE OR REPLACE FUNCTION posthorn.notify_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('${OUTBOX_CHANNEL}', '');
  RETURN NULL;
END
$$;

-- Creating the trigger waits for the transactions that have inserted rows.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'posthorn.outbox'::regclass AND tgname = 'notify') THEN
    CREATE TRIGGER notify AFTER INSERT ON posthorn.outbox
      FOR EACH STATEMENT EXECUTE FUNCTION posthorn.notify_outbox();
  END IF;
END
$$;
`;

export interface OutboxRoles {
  /** Existing roles that may publish. They can read no event: an ORM reads the keys of rows that it inserts. */
  publishers: readonly string[];
  /** Existing roles with which producers read the rows and delete them. */
  readers: readonly string[];
}

export interface OutboxInstallation extends OutboxRoles {
  /** Whether each insert notifies the producers. Default: false, which does not remove it. */
  notifies?: boolean;
}

/** Returns the SQL that creates an outbox, or replaces the functions of one, and adds its trigger and rights. */
export const outboxInstallation = ({ notifies = false, ...roles }: OutboxInstallation): string =>
  `${INSTALL_OUTBOX}${notifies ? INSTALL_NOTIFY : ''}\n${grantOutbox(roles)}`;

/** Returns the statements that give roles the rights that they need. */
function grantOutbox({ publishers, readers }: OutboxRoles): string {
  const toPublishers = publishers.map(
    (role) => `GRANT USAGE ON SCHEMA posthorn TO ${quoted(role)};
GRANT INSERT (type, data, tenant, occurred_at, metadata, ordering_key), SELECT (position, id) ON posthorn.outbox TO ${quoted(role)};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA posthorn TO ${quoted(role)};
`,
  );
  const toReaders = readers.map(
    (role) => `GRANT USAGE ON SCHEMA posthorn TO ${quoted(role)};
GRANT SELECT, DELETE ON posthorn.outbox TO ${quoted(role)};
GRANT SELECT ON SEQUENCE posthorn.outbox_position_seq TO ${quoted(role)};
`,
  );
  return [...toPublishers, ...toReaders].join('\n');
}

/** Runs the installation in one transaction. */
export async function installOutbox(pool: pg.Pool, installation: OutboxInstallation): Promise<void> {
  await pool.query(`BEGIN;\n${outboxInstallation(installation)}COMMIT;`);
}

const quoted = (role: string): string => `"${role.replaceAll('"', '""')}"`;
