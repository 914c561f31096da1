// npm run release -- 1.2.3: gives all packages and the chart this version, makes the unreleased part of CHANGELOG.md its section,
// commits and tags. Nothing leaves this machine: pushing the tag starts .github/workflows/release.yml, which publishes.
// npm run --silent release -- notes 1.2.3 prints that section.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { releaseUnreleased, sectionOf } from './changelog.mjs';
import { npm, root } from './setup.mjs';

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
  const everywhere = ['--workspaces', '--include-workspace-root', '--allow-same-version'];
  const [program, args] = npm(
    'version',
    version,
    ...everywhere,
    '--no-git-tag-version',
    '--no-workspaces-update',
  );
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });

  git('commit', '--quiet', '--all', '--message', `release: ${version}`);
  git('tag', '--annotate', tag, '--message', `Posthorn ${version}`);
  console.log(`Posthorn ${version} is committed and tagged. To publish it: git push --follow-tags`);
}

function rewrite(file, change) {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8' }).trim();
}
