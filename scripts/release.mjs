// npm run release -- 1.2.3: sets the version of all packages and the chart, moves the unreleased changes of CHANGELOG.md to a
// section of that version, commits and tags. Changes nothing outside this repository: .github/workflows/release.yml publishes
// when the tag is pushed. npm run --silent release -- notes 1.2.3 prints the section of a version.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { releaseUnreleased, sectionOf } from './changelog.mjs';
import { root } from './setup.mjs';

const CHANGELOG = 'CHANGELOG.md';
const CHART = 'deploy/helm/posthorn/Chart.yaml';

process.chdir(root);
try {
  const [first = '', second = ''] = process.argv.slice(2);
  if (first === 'notes') console.log(sectionOf(readFileSync(CHANGELOG, 'utf8'), second));
  else release(first);
} catch (error) {
  console.error(`release: ${error.message}`);
  process.exitCode = 1;
}

function release(version) {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    throw new Error('A version is required: npm run release -- 1.2.3');
  const tag = `v${version}`;
  if (git('status', '--porcelain') !== '')
    throw new Error('There are uncommitted changes. Commit or stash them first');
  if (git('tag', '--list', tag) !== '') throw new Error(`Tag ${tag} already exists`);

  const date = new Date().toISOString().slice(0, 10);
  rewrite(CHANGELOG, (text) => releaseUnreleased(text, version, date));
  rewrite(CHART, (text) => text.replaceAll(/^(version|appVersion): .*$/gm, `$1: ${version}`));
  setVersions(version);

  git('commit', '--quiet', '--all', '--message', `release: ${version}`);
  git('tag', '--annotate', tag, '--message', `Posthorn ${version}`);
  console.log(`Posthorn ${version} is committed and tagged. To publish it: git push --follow-tags`);
}

/** Sets the version of the root and of every workspace: the entries of the lock file outside node_modules. */
function setVersions(version) {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  lock.version = version;
  for (const [folder, entry] of Object.entries(lock.packages)) {
    if (folder.includes('node_modules/')) continue;
    entry.version = version;
    rewrite(path.join(folder, 'package.json'), (text) => stringify({ ...JSON.parse(text), version }));
  }
  writeFileSync('package-lock.json', stringify(lock));
}

function stringify(json) {
  return `${JSON.stringify(json, null, 2)}\n`;
}

function rewrite(file, change) {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8' }).trim();
}
