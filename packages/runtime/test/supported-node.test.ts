import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { isAtLeast, MINIMUM_NODE } from '../src/supported-node.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');

it('the minimum version of Node is that in package.json', () => {
  const { engines } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  expect(engines.node).toBe(`>=${MINIMUM_NODE}`);
});

it.each([
  ['18.20.8', false],
  ['20.9.0', false],
  ['20.18.9', false],
  ['20.19.0', true],
  ['20.19.1', true],
  ['22.0.0', true],
])('Node %s is supported: %s', (version, isSupported) => {
  expect(isAtLeast(version, MINIMUM_NODE)).toBe(isSupported);
});

it.each(['admin-api', 'producer', 'worker', 'all'])('apps/%s checks the version of Node first', (app) => {
  const main = readFileSync(path.join(ROOT, 'apps', app, 'src/main.ts'), 'utf8');
  expect(main).toMatch(/^import '@posthorn\/runtime\/supported-node';\n/);
});
