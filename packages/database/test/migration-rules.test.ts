// Processes of the previous version keep running during and after a migration: see CONTRIBUTING.md.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findViolations } from './fixtures/migration-rules.js';
import { MIGRATIONS_DIR } from './fixtures/migrations-folder.js';

/** The migration of the first release. It creates the schema, so no previous version depends on it. */
const INITIAL = '20261124000000_initial';

const [first, ...upgrades] = readdirSync(MIGRATIONS_DIR, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .toSorted();

describe('the migrations', () => {
  it('begin with the initial one', () => {
    expect(first).toBe(INITIAL);
  });

  it('do not break the previous version', () => {
    const violations = upgrades.flatMap((name) =>
      findViolations(readFileSync(path.join(MIGRATIONS_DIR, name, 'migration.sql'), 'utf8')).map(
        (violation) => `${name}: ${violation}`,
      ),
    );
    expect(violations).toEqual([]);
  });
});

describe('a migration must not', () => {
  it.each([
    ['DROP TABLE replay', 'the previous version may still use it'],
    ['ALTER TABLE webhook DROP COLUMN filter', 'the previous version may still use it'],
    ['ALTER TABLE webhook RENAME COLUMN url TO target', 'the previous version uses the old name'],
    ['ALTER TABLE webhook RENAME TO hook', 'the previous version uses the old name'],
    ['ALTER TABLE webhook ALTER COLUMN url TYPE varchar(10)', 'it rewrites the table'],
    ['ALTER TABLE webhook ALTER url SET DATA TYPE bytea', 'it rewrites the table'],
    ['ALTER TABLE webhook ALTER COLUMN filter SET NOT NULL', 'it scans the whole table under a lock'],
    [
      'ALTER TABLE webhook ALTER COLUMN epoch DROP DEFAULT',
      'the previous version does not write this column',
    ],
    ['ALTER TABLE webhook ADD COLUMN a int NOT NULL', 'add a DEFAULT'],
    ['ALTER TABLE webhook ADD COLUMN a int NOT NULL, ADD COLUMN b int DEFAULT 1', 'add a DEFAULT'],
    ['ALTER TABLE webhook ADD COLUMN a int DEFAULT 1, ADD COLUMN b int NOT NULL', 'add a DEFAULT'],
    ['ALTER TABLE webhook ADD COLUMN a uuid DEFAULT gen_random_uuid()', 'rewrites the table'],
    ['ALTER TABLE webhook ADD CONSTRAINT c CHECK (epoch > 0)', 'it scans the whole table under a lock'],
    ['ALTER TABLE webhook ADD UNIQUE (url)', 'it scans the whole table under a lock'],
    ['CREATE UNIQUE INDEX i ON webhook (url)', 'the previous version may write rows that violate it'],
    ['CREATE INDEX i ON delivery (reason)', 'it blocks writes while the index is built'],
    ['CREATE INDEX i ON event USING gin (body)', 'it blocks writes while the index is built'],
    ['DROP INDEX delivery_due_idx', 'the previous version may need it'],
    ["UPDATE delivery SET reason = 'x'", 'it locks its rows until the migration commits'],
    ['DELETE FROM attempt', 'it locks its rows until the migration commits'],
    ['LOCK TABLE webhook', 'it blocks other users of the table'],
    ['TRUNCATE replay', 'it blocks other users of the table'],
    ['ALTER TABLE\n  webhook\n  drop column filter', 'the previous version may still use it'],
    ['CREATE TABLE new ();\nALTER TABLE webhook DROP COLUMN filter', 'the previous version may still use it'],
  ])('%s', (sql, why) => {
    expect(findViolations(sql)).toEqual([expect.stringContaining(why)]);
  });
});

describe('a migration may', () => {
  it.each([
    [
      'add columns that the previous version can ignore',
      'ALTER TABLE delivery ADD COLUMN a int, ADD COLUMN b text',
    ],
    [
      'add a column with a default for existing rows',
      'ALTER TABLE delivery ADD COLUMN a int NOT NULL DEFAULT 0',
    ],
    [
      'add a default before NOT NULL',
      'ALTER TABLE delivery ADD COLUMN a int DEFAULT 0 NOT NULL, ADD COLUMN b int',
    ],
    ['index a small table', 'CREATE INDEX i ON webhook (url)'],
    ['create an index for future partitions', 'CREATE INDEX i ON ONLY delivery (reason)'],
    ['change tables that it creates itself', 'CREATE TABLE new (a int); CREATE UNIQUE INDEX i ON new (a)'],
    ['add a constraint for new rows', 'ALTER TABLE webhook ADD CONSTRAINT c CHECK (epoch > 0) NOT VALID'],
    ['update a small table', "UPDATE webhook SET secrets = '[]' WHERE status = 'deleted'"],
    [
      'mention a forbidden statement in comments, functions and literals',
      "-- DROP TABLE webhook;\nCREATE FUNCTION f() AS $$ DROP TABLE webhook; $$; SELECT 'DROP TABLE x;'",
    ],
    [
      'break a rule with a stated reason',
      '-- allowed: not read since 0.3\nALTER TABLE webhook DROP COLUMN filter',
    ],
  ])('%s', (_name, sql) => {
    expect(findViolations(sql)).toEqual([]);
  });

  it('break a rule with a stated reason for one statement only', () => {
    const sql = '-- allowed: not read since 0.3\nDROP TABLE a;\nDROP TABLE b;';
    expect(findViolations(sql)).toEqual([expect.stringContaining('DROP TABLE b')]);
  });
});
