// Checks what workflows run: actions of third parties by digest, and no scripts of packages in jobs that publish.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { read, ROOT } from './manifests.js';

const FOLDER = '.github/workflows';

const workflows = readdirSync(path.join(ROOT, FOLDER)).map((name) => path.posix.join(FOLDER, name));

/** The lines of all workflows that match a pattern, with the name of their file. */
const linesLike = (pattern: RegExp, files = workflows) =>
  files.flatMap((file) =>
    read(file)
      .split('\n')
      .filter((line) => pattern.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );

it('actions of third parties are pinned by digest, with their version', () => {
  const used = linesLike(/\buses:/);
  expect(used.length).toBeGreaterThan(10);
  const ofThirdParties = used.filter((line) => !/uses: actions\//.test(line));
  expect(ofThirdParties.length).toBeGreaterThan(0);
  expect(ofThirdParties.filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
});

it('jobs that publish install packages without their scripts', () => {
  const installs = linesLike(/\bnpm (?:ci|i|install)\b/, [`${FOLDER}/release.yml`]);
  expect(installs.length).toBeGreaterThan(0);
  expect(installs.filter((line) => !line.includes('--ignore-scripts'))).toEqual([]);
});
