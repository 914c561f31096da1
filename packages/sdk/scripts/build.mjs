// Builds dist/esm and dist/cjs: the same modules and declarations in both module formats.
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';

const root = path.resolve(import.meta.dirname, '..');
// The repository's compiler: openapi-typescript installs another one next to this package.
const tsc = path.join(root, '../../node_modules/typescript/bin/tsc');

process.chdir(root);
rmSync('dist', { recursive: true, force: true });

const bundle = await rolldown({
  input: { index: 'src/index.ts', webhooks: 'src/webhooks.ts', redis: 'src/redis.ts' },
  platform: 'neutral',
  // Bundles openapi-fetch: Node does not find the default export of its CommonJS build.
  external: ['bullmq', 'standardwebhooks'],
  tsconfig: false,
});
for (const format of ['esm', 'cjs']) {
  await bundle.write({
    dir: `dist/${format}`,
    format,
    sourcemap: true,
    sourcemapExcludeSources: true,
    chunkFileNames: '[name].js',
  });
}
await bundle.close();

const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(1);
cpSync('dist/esm', 'dist/cjs', { recursive: true, filter: (file) => !/\.js(\.map)?$/.test(file) });
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');
