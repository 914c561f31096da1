import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';

const FIXTURE = path.join(import.meta.dirname, 'fixtures/service.mjs');
const children: ChildProcess[] = [];

/** Starts the fixture as a process with an IPC channel, as the local stack starts services. */
function startFixture(behaviour: string, env: Record<string, string> = {}) {
  const child = fork(FIXTURE, [behaviour], { env, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  children.push(child);
  if (!child.stdout || !child.stderr) throw new Error('the child process has no output streams');
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr, [code]]) => ({ stdout, stderr, code: Number(code) }),
  );
  const ready = once(child, 'message').then(([message]: unknown[]) => message);
  return { child, ready, ended };
}

/** Resolves when a process has written a text to its output. */
async function whenWritten({ stdout }: ChildProcess, expected: string): Promise<void> {
  let written = '';
  await new Promise<void>((resolve) => {
    stdout?.on('data', (chunk) => {
      written += String(chunk);
      if (written.includes(expected)) resolve();
    });
  });
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('a service that cannot start', () => {
  it('prints every configuration error in one line, and exits 1', async () => {
    const env = { POSTHORN_LOG_LEVEL: 'loud', POSTHORN_PORT: 'x', POSTHORN_TYPO: '1' };
    const { stdout, stderr, code } = await startFixture('runs', env).ended;
    expect(stderr).toMatch(
      /^posthorn fixture: POSTHORN_TYPO is not .*; POSTHORN_LOG_LEVEL must .*; POSTHORN_PORT must .*\n$/,
    );
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
  });

  it('prints the error in one line, and exits 1', async () => {
    const { stderr, code } = await startFixture('cannot start').ended;
    expect(stderr).toBe('posthorn fixture: cannot reach PostgreSQL at db.example\n');
    expect(code).toBe(1);
  });

  it('stops the parts that it has opened, prints one line and exits 1', async () => {
    const { stdout, stderr, code } = await startFixture('fails while opening').ended;
    expect(stdout).toContain('"closed"');
    expect(stderr).toBe('posthorn fixture: cannot listen on port 80\n');
    expect(code).toBe(1);
  });
});

/** Runs the fixture with these streams as its output, and returns its exit code. */
async function runWith(output: 'pipe' | number): Promise<unknown> {
  const child = fork(FIXTURE, ['runs'], { execArgv: [], stdio: ['ignore', output, output, 'ipc'] });
  children.push(child);
  child.stdout?.destroy();
  child.stderr?.destroy();
  await once(child, 'message');
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  return code;
}

describe('a service whose log lines cannot be written', () => {
  it('runs while their reader is gone', async () => {
    expect(await runWith('pipe')).toBe(0);
  });

  (existsSync('/dev/full') ? it : it.skip)('runs while the disk is full', async () => {
    const full = openSync('/dev/full', 'w');
    expect(await runWith(full)).toBe(0);
    closeSync(full);
  });
});

describe('a running service', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('stops cleanly at %s', async (signal) => {
    const { child, ready, ended } = startFixture('runs');
    expect(await ready).toEqual({ type: 'ready' });
    child.kill(signal);
    const { stdout, stderr, code } = await ended;
    expect(stdout).toMatch(new RegExp(`"started".*"cause":"${signal}".*"closed".*"stopped"`, 's'));
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  });

  it('stops cleanly when its parent exits', async () => {
    const { child, ready, ended } = startFixture('runs');
    await ready;
    child.disconnect();
    expect((await ended).code).toBe(0);
  });

  it('stops once when it receives two signals', async () => {
    const { child, ready, ended } = startFixture('runs');
    await ready;
    child.kill('SIGTERM');
    child.kill('SIGINT');
    const { stdout, code } = await ended;
    expect(stdout.match(/"closed"/g)).toHaveLength(1);
    expect(code).toBe(0);
  });

  it('exits immediately at a second signal a second later', async () => {
    const { child, ready, ended } = startFixture('hangs', { POSTHORN_SHUTDOWN_TIMEOUT_MS: '60000' });
    await ready;
    const stopping = whenWritten(child, '"stopping"');
    child.kill('SIGTERM');
    await stopping;
    await sleep(1200);
    child.kill('SIGTERM');
    const { stdout, code } = await ended;
    expect(stdout).toContain('second signal received: exiting immediately');
    expect(code).toBe(1);
  });

  it('exits 1 when the shutdown times out', async () => {
    const { child, ready, ended } = startFixture('hangs', { POSTHORN_SHUTDOWN_TIMEOUT_MS: '0' });
    await ready;
    child.kill('SIGTERM');
    const { stdout, code } = await ended;
    expect(stdout).toContain('shutdown timed out');
    expect(code).toBe(1);
  });

  it('exits 1 when stopping fails', async () => {
    const { child, ready, ended } = startFixture('cannot stop');
    await ready;
    child.kill('SIGTERM');
    const { stdout, code } = await ended;
    expect(stdout).toContain('stuck');
    expect(code).toBe(1);
  });

  it('logs an unhandled rejection and continues', async () => {
    const { child, ended } = startFixture('rejects later');
    void whenWritten(child, 'not awaited').then(() => child.kill('SIGTERM'));
    const { stdout, code } = await ended;
    expect(stdout).toContain('not awaited');
    expect(code).toBe(0);
  });
});
