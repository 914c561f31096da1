// Checks that each link in the documents leads to an existing file and heading.
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { read, ROOT } from '../supply-chain/manifests.js';

const documents = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(path.join(ROOT, file)));

it('finds documents', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/how-a-delivery-flows.md']));
});

it.each(documents)('%s', (document) => {
  const targets = Array.from(prose(document).matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target);
  const own = targets.filter((target) => !/^[a-z]+:/.test(target));
  expect(own.filter((target) => !leadsSomewhere(document, target))).toEqual([]);
});

function leadsSomewhere(document: string, target: string): boolean {
  const [place = '', anchor] = target.split('#');
  const file = place === '' ? document : path.join(path.dirname(document), place);
  if (!existsSync(path.join(ROOT, file))) return false;
  if (anchor === undefined || /^L\d/.test(anchor)) return true;
  return statSync(path.join(ROOT, file)).isFile() && anchorsOf(file).includes(anchor);
}

/** Returns the anchor of a heading, as GitHub generates it. */
function anchorsOf(file: string): string[] {
  const headings = Array.from(prose(file).matchAll(/^#+ (.+)$/gm), ([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Removes code, in which brackets have another meaning. */
function prose(file: string): string {
  return read(file)
    .replaceAll(/^```.*?^```/gms, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()`]/g, ''));
}
