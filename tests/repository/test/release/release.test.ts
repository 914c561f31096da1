// Runs npm run release in a copy of the files that it changes.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT, workspaces } from '../supply-chain/manifests.js';

const TOUCHED = ['package-lock.json', 'CHANGELOG.md', 'deploy/helm/posthorn/Chart.yaml', '.npmrc'];
const SCRIPTS = ['release', 'changelog', 'setup', 'run-program'].map((name) => `scripts/${name}.mjs`);

let copy: string;
beforeEach(() => {
  copy = mkdtempSync(path.join(tmpdir(), 'posthorn-release-'));
  const manifests = workspaces.map((workspace) => path.join(workspace, 'package.json'));
  for (const file of [...manifests, ...TOUCHED, ...SCRIPTS])
    cpSync(path.join(ROOT, file), path.join(copy, file));
  write(
    'CHANGELOG.md',
    '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Something.\n\n## [0.0.1] - 2026-01-01\n',
  );
  git('init', '--quiet');
  git('config', 'user.name', 'Releaser');
  git('config', 'user.email', 'releaser@example.com');
  commit('feat: something');
});
afterEach(() => rmSync(copy, { recursive: true }));

describe('npm run release', () => {
  it('sets the version everywhere, dates the changelog, commits and tags', () => {
    expect(release('9.8.7')).toMatchObject({ status: 0, stderr: '' });

    for (const workspace of workspaces)
      expect(manifest(path.join(workspace, 'package.json')).version).toBe('9.8.7');
    const { version, packages } = manifest('package-lock.json');
    expect([version, packages?.['']?.version, packages?.['packages/sdk']?.version]).toEqual(
      Array(3).fill('9.8.7'),
    );
    expect(parse(text('deploy/helm/posthorn/Chart.yaml'))).toMatchObject({
      version: '9.8.7',
      appVersion: '9.8.7',
    });
    const today = new Date().toISOString().slice(0, 10);
    expect(text('CHANGELOG.md')).toContain(
      `## [Unreleased]\n\n## [9.8.7] - ${today}\n\n### Added\n\n- Something.\n`,
    );
    expect(git('status', '--porcelain')).toBe('');
    expect(git('log', '-1', '--format=%s')).toBe('release: 9.8.7\n');
    expect(git('cat-file', '-t', 'v9.8.7')).toBe('tag\n');
    expect(release('notes', '9.8.7').stdout).toBe('### Added\n\n- Something.\n');
  });

  it.each([
    ['a missing version', [], 'A version is required'],
    ['an invalid version', ['1.2'], 'A version is required'],
    ['the notes of an unknown version', ['notes', '3.0.0'], 'has no section [3.0.0]'],
  ])('rejects %s', (_, args, reason) => {
    expectRejection(args, reason);
  });

  it('rejects uncommitted changes', () => {
    write('CHANGELOG.md', `${text('CHANGELOG.md')}\n`);
    expectRejection(['9.8.7'], 'uncommitted changes');
  });

  it('rejects a release without changelog entries', () => {
    write('CHANGELOG.md', '# Changelog\n\n## [Unreleased]\n\n## [0.0.1] - 2026-01-01\n');
    commit('docs: nothing');
    expectRejection(['9.8.7'], 'no changes under [Unreleased]');
  });

  it('rejects an existing version', () => {
    git('tag', 'v9.8.7');
    expectRejection(['9.8.7'], 'Tag v9.8.7 already exists');
  });
});

function expectRejection(args: string[], reason: string): void {
  const before = git('rev-parse', 'HEAD');
  const { status, stderr } = release(...args);
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(reason) });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(git('rev-parse', 'HEAD')).toBe(before);
}

function release(...args: string[]) {
  return spawnSync(process.execPath, ['scripts/release.mjs', ...args], { cwd: copy, encoding: 'utf8' });
}

function commit(message: string): void {
  git('add', '--all');
  git('commit', '--quiet', '--message', message);
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: copy, encoding: 'utf8' });
}

function text(file: string): string {
  return readFileSync(path.join(copy, file), 'utf8');
}

function write(file: string, content: string): void {
  writeFileSync(path.join(copy, file), content);
}

interface Versions {
  version: string;
  packages?: Record<string, { version: string }>;
}

function manifest(file: string): Versions {
  return JSON.parse(text(file)) as Versions;
}
