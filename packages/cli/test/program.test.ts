import { spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@posthorn/testkit';
import type { Command } from 'commander';
import { confirm } from '../src/command/confirm.js';
import { timeAgo } from '../src/command/options.js';
import { createProgram } from '../src/program.js';
import { call, runHere } from './fixtures/command-line.js';

const ESCAPE = '\u001b';

/** Returns all commands without subcommands. */
function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

/** Returns all commands with subcommands. */
function groupsOf({ commands }: Command): Command[] {
  return commands.flatMap((command) =>
    command.commands.length === 0 ? [] : [command, ...groupsOf(command)],
  );
}

describe('help', () => {
  it('lists the commands by purpose', async () => {
    const { code, stdout } = await call(['--help']);
    expect(code).toBe(0);
    for (const part of [
      'Run Posthorn:',
      'Develop:',
      'Operate:',
      'listen',
      'doctor',
      'Examples:',
      'Exit codes',
    ])
      expect(stdout).toContain(part);
    expect(stdout).not.toContain(ESCAPE);
  });

  it('describes every argument and option of every command', () => {
    const leaves = leavesOf(createProgram()).filter((command) => command.name() !== 'complete');
    expect(leaves.length).toBeGreaterThan(25);
    for (const command of leaves) {
      expect(command.description()).not.toBe('');
      const things = [...command.registeredArguments, ...command.options];
      expect(things.filter(({ description }) => description === '').map((thing) => thing.name())).toEqual([]);
      expect(command.helpInformation()).toContain('--json');
    }
  });

  it.each([
    ['webhooks', 'create', '--help'],
    ['complete', '--', 'webhooks', 'create', '--max-b'],
  ])('has the flags of the settings of webhooks: %s %s %s', async (...args) => {
    expect((await call(args)).stdout).toContain('--max-blocked-minutes');
  });

  it('has no option of a command with other commands, which would take it from them', () => {
    const groups = groupsOf(createProgram());
    expect(groups.map((group) => group.name())).toContain('audit');
    const taken = groups.flatMap((group) =>
      leavesOf(group).flatMap(({ options }) =>
        options.filter(({ long }) => group.options.some((own) => own.long === long)),
      ),
    );
    expect(taken.map(({ long }) => long)).toEqual([]);
  });

  it('prints the version', async () => {
    expect(await call(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it('is coloured only on request', async () => {
    const coloured = await call(['--help'], { env: { FORCE_COLOR: '1' } });
    expect(coloured.stdout).toContain(`${ESCAPE}[1m`);
  });
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('writes a script for %s', async (shell) => {
    const { code, stdout } = await call(['completion', shell]);
    expect(code).toBe(0);
    expect(stdout).toContain("bin/posthorn.js' complete");
    expect(stdout).toMatch(/^comp.* npx/m);
  });

  it.each(['posthorn', 'npx posthorn'])(
    'completes "%s webhooks rot" in bash, though not on PATH',
    async (start) => {
      const { stdout } = await call(['completion', 'bash']);
      const words = [...start.split(' '), 'webhooks', 'rot'];
      const script = `
      # As in bash-completion, for words without "=" and ":".
      _get_comp_words_by_ref() { cur=\${COMP_WORDS[COMP_CWORD]} words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD; }
      ${stdout}
      COMP_WORDS=(${words.join(' ')}) COMP_CWORD=${words.length - 1}
      $(complete -p ${words[0]} | sed 's/.* -F \\([^ ]*\\) .*/\\1/') 2>/dev/null
      printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout: completed } = spawnSync('bash', ['--noprofile', '--norc', '-c', script], {
        encoding: 'utf8',
      });
      expect(completed).toMatch(/^rotate-secret\b/m);
    },
  );

  it.each([
    [['we'], 'webhooks'],
    [['webhooks', ''], 'rotate-secret'],
    [['listen', '--fo'], '--forward'],
    [['webhooks', 'list', '--st'], '--status'],
    [['posthorn', 'webhooks', 'list', '--st'], '--status'],
  ])('completes %j', async (words, expected) => {
    const { stdout } = await call(['complete', '--', ...words]);
    expect(stdout.split('\n').map((line) => line.split('\t')[0])).toContain(expected);
  });
});

describe('a local time of day', () => {
  const { TZ } = process.env;
  beforeEach(() => {
    process.env['TZ'] = 'Europe/Berlin';
  });
  afterEach(() => {
    jest.useRealTimers();
    if (TZ === undefined) delete process.env['TZ'];
    else process.env['TZ'] = TZ;
  });

  it.each([
    ['2026-07-01T12:00:00+02:00', '06:54', '2026-07-01T04:54:00.000Z'],
    ['2026-07-01T05:00:00+02:00', '06:54', '2026-06-30T04:54:00.000Z'],
    // The clocks change at 03:00 on 29 March and 25 October.
    ['2026-03-29T05:00:00+02:00', '06:54', '2026-03-28T05:54:00.000Z'],
    ['2026-10-25T05:00:00+01:00', '06:54', '2026-10-24T04:54:00.000Z'],
  ])('is at %s the last %s', (now, time, expected) => {
    jest.useFakeTimers({ now: Date.parse(now) });
    expect(timeAgo(time)).toBe(expected);
  });
});

describe('posthorn migrate', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  it('reports a database that is up to date', async () => {
    const env = { DATABASE_URL: database.url };
    expect(await runHere(['migrate'], { env })).toMatchObject({
      code: 0,
      stdout: 'Database is up to date\n',
    });
    expect((await runHere(['migrate', '--json'], { env })).json()).toEqual({ applied: [] });
  });

  it('requires DATABASE_URL', async () => {
    expect(await runHere(['migrate'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('DATABASE_URL is not set'),
    });
  });
});

describe('a confirmation', () => {
  it.each([
    ['y\n', true],
    ['Yes\n', true],
    ['n\n', false],
    ['\n', false],
    ['', false],
  ])('interprets %j as %j', async (typed, expected) => {
    expect(await ask(typed)).toBe(expected);
  });

  it('is skipped with --yes and fails without a terminal', async () => {
    expect(await ask('', { yes: true })).toBe(true);
    const noTerminal = { input: new PassThrough(), output: new PassThrough() };
    await expect(confirm('Delete it?', {}, noTerminal)).rejects.toThrow('Pass --yes');
  });
});

/** Types at a terminal, then closes it. */
function ask(typed: string, flags = {}): Promise<boolean> {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = new PassThrough();
  input.end(typed);
  return confirm('Delete it?', flags, { input, output });
}
