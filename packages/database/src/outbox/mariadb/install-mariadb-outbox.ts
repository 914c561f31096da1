import type { OutboxRoles } from '../install-outbox.js';
import type { Mariadb } from './connect-mariadb.js';

/**
 * The statements that create the outbox in the database of an application, MariaDB 10.11. They can be run again. The character sets do not
 * depend on those of the database, and each procedure is one statement, so that clients need no other delimiter.
 */
const INSTALL = [
  `CREATE TABLE IF NOT EXISTS posthorn_outbox (
  position BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- The event of a row has an id that is derived from this one and from created_at.
  id UUID NOT NULL DEFAULT uuid(),
  type TEXT NOT NULL,
  -- A JSON object. Its text is sent as it is.
  data LONGTEXT NOT NULL CHECK (json_valid(data)),
  -- default, or ten_…
  tenant TEXT,
  occurred_at TIMESTAMP(6) NULL DEFAULT NULL,
  -- A JSON object.
  metadata LONGTEXT CHECK (json_valid(metadata)),
  ordering_key TEXT,
  created_at TIMESTAMP(6) NOT NULL DEFAULT current_timestamp(6),
  -- InnoDB reads a whole text to return its length, and for a generated column all that it is computed from.
  bytes BIGINT UNSIGNED NOT NULL DEFAULT (length(type) + length(data) + coalesce(length(tenant), 0)
    + coalesce(length(metadata), 0) + coalesce(length(ordering_key), 0))
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  `CREATE OR REPLACE PROCEDURE posthorn_publish(
  type TEXT CHARACTER SET utf8mb4, data LONGTEXT CHARACTER SET utf8mb4
) MODIFIES SQL DATA SQL SECURITY INVOKER
INSERT INTO posthorn_outbox (type, data) VALUES (type, data)`,
  `CREATE OR REPLACE PROCEDURE posthorn_publish_with(
  type TEXT CHARACTER SET utf8mb4, data LONGTEXT CHARACTER SET utf8mb4, tenant TEXT CHARACTER SET utf8mb4,
  occurred_at TIMESTAMP(6), metadata LONGTEXT CHARACTER SET utf8mb4, ordering_key TEXT CHARACTER SET utf8mb4
) MODIFIES SQL DATA SQL SECURITY INVOKER
INSERT INTO posthorn_outbox (type, data, tenant, occurred_at, metadata, ordering_key)
VALUES (type, data, tenant, occurred_at, metadata, ordering_key)`,
];

const toPublisher = (account: string): string[] => [
  `GRANT INSERT (type, data, tenant, occurred_at, metadata, ordering_key), SELECT (position, id) ON posthorn_outbox TO ${account}`,
  `GRANT EXECUTE ON PROCEDURE posthorn_publish TO ${account}`,
  `GRANT EXECUTE ON PROCEDURE posthorn_publish_with TO ${account}`,
];

const toReader = (account: string): string[] => [`GRANT SELECT, DELETE ON posthorn_outbox TO ${account}`];

/** Returns the statements that create the outbox, and give existing accounts the rights that they need. */
export const mariadbInstallation = ({ publishers, readers }: OutboxRoles): string[] => [
  ...INSTALL,
  ...publishers.map(accountOf).flatMap(toPublisher),
  ...readers.map(accountOf).flatMap(toReader),
];

/** MariaDB commits each of these statements by itself. If one fails, the installation can be repeated. */
export async function installMariadbOutbox(mariadb: Mariadb, roles: OutboxRoles): Promise<void> {
  for (const statement of mariadbInstallation(roles)) await mariadb.query(statement);
}

/** Returns the account of `shop`, or of `shop@host`. */
function accountOf(role: string): string {
  const at = role.lastIndexOf('@');
  const [user, host] = at === -1 ? [role, '%'] : [role.slice(0, at), role.slice(at + 1)];
  return `${quoted(user)}@${quoted(host)}`;
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
