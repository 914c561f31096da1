// npm run release -- 1.2.3: gives all packages and the chart this version, makes the unreleased part of CHANGELOG.md its section,
// commits and tags. Nothing leaves this machine: pushing the tag starts .github/workflows/release.yml, which publishes.
// npm run --silent release -- notes 1.2.3 prints that section.
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
    throw new Error('say which version: npm run release -- 1.2.3');
  const tag = `v${version}`;
  if (git('status', '--porcelain') !== '') throw new Error('there are changes that are not committed');
  if (git('tag', '--list', tag) !== '') throw new Error(`there is a tag ${tag} already`);

  const date = new Date().toISOString().slice(0, 10);
  rewrite(CHANGELOG, (text) => releaseUnreleased(text, version, date));
  rewrite(CHART, (text) => text.replaceAll(/^(version|appVersion): .*$/gm, `$1: ${version}`));
  setVersions(version);

  git('commit', '--quiet', '--all', '--message', `release: ${version}`);
  git('tag', '--annotate', tag, '--message', `Posthorn ${version}`);
  console.log(`Posthorn ${version} is committed and tagged. To publish it: git push --follow-tags`);
}

/** In the lock file what is not below node_modules is a workspace, or the root. */
function setVersions(version) {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  lock.version = version;
  for (const [place, entry] of Object.entries(lock.packages)) {
    if (place.includes('node_modules/')) continue;
    entry.version = version;
    rewrite(path.join(place, 'package.json'), (text) => toText({ ...JSON.parse(text), version }));
  }
  writeFileSync('package-lock.json', toText(lock));
}

function toText(json) {
  return `${JSON.stringify(json, null, 2)}\n`;
}

function rewrite(file, change) {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8' }).trim();
}
