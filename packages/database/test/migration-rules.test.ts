// Processes of the version before go on working while a migration is applied, and after it: see docs/operations.md.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { faultsOf } from './fixtures/migration-rules.js';

const MIGRATIONS = path.resolve(import.meta.dirname, '../../../prisma/migrations');

/** The last one before the first release: no older version ever ran on a database that had it. */
const FIRST_RELEASE = '20261127000000_stats';

const later = readdirSync(MIGRATIONS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name > FIRST_RELEASE)
  .map(({ name }) => name);

describe('the migrations', () => {
  it('leave the version before them at work', () => {
    const faults = later.flatMap((name) =>
      faultsOf(readFileSync(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8')).map(
        (fault) => `${name}: ${fault}`,
      ),
    );
    expect(faults).toEqual([]);
  });
});

describe('a migration is refused that', () => {
  it.each([
    ['DROP TABLE replay', 'the old version may still use it'],
    ['ALTER TABLE webhook DROP COLUMN filter', 'the old version may still use it'],
    ['ALTER TABLE webhook RENAME COLUMN url TO target', 'the old version knows it by the old name only'],
    ['ALTER TABLE webhook RENAME TO hook', 'the old version knows it by the old name only'],
    ['ALTER TABLE webhook ALTER COLUMN url TYPE varchar(10)', 'it rewrites the table'],
    ['ALTER TABLE webhook ALTER url SET DATA TYPE bytea', 'it rewrites the table'],
    ['ALTER TABLE webhook ALTER COLUMN filter SET NOT NULL', 'it reads the whole table under a lock'],
    ['ALTER TABLE webhook ALTER COLUMN epoch DROP DEFAULT', 'the old version does not write that column'],
    ['ALTER TABLE webhook ADD COLUMN a int NOT NULL', 'it needs a DEFAULT'],
    ['ALTER TABLE webhook ADD COLUMN a int NOT NULL, ADD COLUMN b int DEFAULT 1', 'it needs a DEFAULT'],
    ['ALTER TABLE webhook ADD COLUMN a int DEFAULT 1, ADD COLUMN b int NOT NULL', 'it needs a DEFAULT'],
    ['ALTER TABLE webhook ADD COLUMN a uuid DEFAULT gen_random_uuid()', 'rewrites the table'],
    ['ALTER TABLE webhook ADD CONSTRAINT c CHECK (epoch > 0)', 'it reads the whole table under a lock'],
    ['ALTER TABLE webhook ADD UNIQUE (url)', 'it reads the whole table under a lock'],
    ['CREATE UNIQUE INDEX i ON webhook (url)', 'the old version may write what it forbids'],
    ['CREATE INDEX i ON delivery (reason)', 'nobody can write while it is built'],
    ['CREATE INDEX i ON event USING gin (body)', 'nobody can write while it is built'],
    ['DROP INDEX delivery_due_idx', 'the old version may need it'],
    ["UPDATE delivery SET reason = 'x'", 'it holds its rows until the end of the migration'],
    ['DELETE FROM attempt', 'it holds its rows until the end of the migration'],
    ['LOCK TABLE webhook', 'it keeps others out of the table'],
    ['TRUNCATE replay', 'it keeps others out of the table'],
    ['ALTER TABLE\n  webhook\n  drop column filter', 'the old version may still use it'],
    ['CREATE TABLE new ();\nALTER TABLE webhook DROP COLUMN filter', 'the old version may still use it'],
  ])('%s', (sql, why) => {
    expect(faultsOf(sql)).toEqual([expect.stringContaining(why)]);
  });
});

describe('a migration may', () => {
  it.each([
    ['add what the old version need not know', 'ALTER TABLE delivery ADD COLUMN a int, ADD COLUMN b text'],
    ['add a column with a value for old rows', 'ALTER TABLE delivery ADD COLUMN a int NOT NULL DEFAULT 0'],
    [
      'the same, the other way round',
      'ALTER TABLE delivery ADD COLUMN a int DEFAULT 0 NOT NULL, ADD COLUMN b int',
    ],
    ['index a small table', 'CREATE INDEX i ON webhook (url)'],
    ['index the partitions to come', 'CREATE INDEX i ON ONLY delivery (reason)'],
    ['do what it likes with its own tables', 'CREATE TABLE new (a int); CREATE UNIQUE INDEX i ON new (a)'],
    ['add a constraint for new rows', 'ALTER TABLE webhook ADD CONSTRAINT c CHECK (epoch > 0) NOT VALID'],
    ['change few rows', "UPDATE webhook SET secrets = '[]' WHERE status = 'deleted'"],
    [
      'speak of it',
      "-- DROP TABLE webhook;\nCREATE FUNCTION f() AS $$ DROP TABLE webhook; $$; SELECT 'DROP TABLE x;'",
    ],
    ['break a rule with a reason', '-- allowed: not read since 0.3\nALTER TABLE webhook DROP COLUMN filter'],
  ])('%s', (_what, sql) => {
    expect(faultsOf(sql)).toEqual([]);
  });

  it('break a rule with a reason for one statement only', () => {
    const sql = '-- allowed: not read since 0.3\nDROP TABLE a;\nDROP TABLE b;';
    expect(faultsOf(sql)).toEqual([expect.stringContaining('DROP TABLE b')]);
  });
});
