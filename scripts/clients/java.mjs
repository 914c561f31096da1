import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { execute, generate, PROGRAMS } from './workshop.mjs';

/** @type {import('./workshop.mjs').GeneratedClient} */
export const javaClient = {
  name: 'Java, openapi-generator',
  programs: ['javac', 'mvn'],
  async build(workshop) {
    const client = await generate('java', workshop);
    copyFileSync(path.join(PROGRAMS, 'Publish.java'), path.join(client, 'src/main/java/Publish.java'));
    const quietly = ['--quiet', '--batch-mode', '-Dmaven.javadoc.skip=true', '-Dmaven.source.skip=true'];
    await execute('mvn', ['package', ...quietly, '-Dmaven.test.skip=true'], { cwd: client });
    const libraries = [path.join(client, 'target/classes'), path.join(client, 'target/lib/*')];
    return ['java', '-cp', libraries.join(path.delimiter), 'Publish'];
  },
};
