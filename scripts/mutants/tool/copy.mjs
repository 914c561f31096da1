// A copy of the last commit, whose sources a mutant changes. It uses the dependencies, the build and the generated sources of the clone.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What git does not have, of each workspace. */
const SHARED = ['dist', 'node_modules', 'src/generated'];

/** Returns the folder of the copy, which is removed at the exit. */
export function copyOfCommit(root) {
  const copy = mkdtempSync(path.join(tmpdir(), 'posthorn-mutants-'));
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
  execFileSync('git', ['clone', '--quiet', '--shared', root, copy]);
  linkDependencies(root, copy);
  const manifests = execFileSync('git', ['ls-files', '*/package.json'], { cwd: copy, encoding: 'utf8' });
  for (const manifest of manifests.trim().split('\n'))
    for (const name of SHARED) link(root, copy, path.join(path.dirname(manifest), name));
  return copy;
}

/** The links of workspaces are relative, so that those of the copy lead to its own sources. */
function linkDependencies(root, copy) {
  mkdirSync(path.join(copy, 'node_modules'));
  const workspaces = 'node_modules/@posthorn';
  for (const name of readdirSync(path.join(root, 'node_modules')))
    if (name !== '@posthorn') link(root, copy, `node_modules/${name}`);
  cpSync(path.join(root, workspaces), path.join(copy, workspaces), {
    recursive: true,
    verbatimSymlinks: true,
  });
}

function link(root, copy, name) {
  const target = path.join(root, name);
  const [parent, base] = [path.dirname(target), path.basename(target)];
  let names;
  try {
    names = readdirSync(parent);
  } catch {
    return;
  }
  if (names.includes(base)) symlinkSync(target, path.join(copy, name));
}
