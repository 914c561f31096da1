import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@posthorn/testkit';
import { posthorn } from '../src/program.js';

describe('posthorn', () => {
  it('explains its commands', () => {
    const help = posthorn().helpInformation();
    expect(help).toContain('up [options]');
    expect(help).toContain('migrate');
  });

  it('knows its version', async () => {
    const written: string[] = [];
    const program = posthorn()
      .exitOverride()
      .configureOutput({ writeOut: (text) => written.push(text) });
    await expect(program.parseAsync(['--version'], { from: 'user' })).rejects.toMatchObject({ exitCode: 0 });
    expect(written.join('')).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('posthorn migrate', () => {
  let database: FreshDatabase;
  const before = process.env['DATABASE_URL'];
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(async () => {
    if (before === undefined) delete process.env['DATABASE_URL'];
    else process.env['DATABASE_URL'] = before;
    jest.restoreAllMocks();
    await database.drop();
  });

  it('says that a migrated database is up to date', async () => {
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    process.env['DATABASE_URL'] = database.url;
    await posthorn().parseAsync(['migrate'], { from: 'user' });
    expect(log.mock.calls).toEqual([['the database is up to date']]);
  });

  it('asks for DATABASE_URL', async () => {
    delete process.env['DATABASE_URL'];
    await expect(posthorn().parseAsync(['migrate'], { from: 'user' })).rejects.toThrow(
      'DATABASE_URL is not set',
    );
  });
});
