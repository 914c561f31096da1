import { readFileSync } from 'node:fs';
import path from 'node:path';
import { outputOf } from './shell.js';

export const EXAMPLES = path.resolve(import.meta.dirname, '..');

/** A row of a table in README.md. */
export interface Example {
  language: string;
  /** Runs in EXAMPLES. */
  command: string;
  /** Why it cannot run on this machine. */
  missing: string | undefined;
}

/** A tool that the tables require. */
interface Tool {
  version: string;
  /** Downloads the packages of the examples. */
  fetch?: string;
}

const TOOLS: Record<string, Tool> = {
  Go: { version: 'go version', fetch: 'go mod download -C go' },
  Java: { version: 'javac -version 2>&1' },
  Maven: { version: 'mvn --version', fetch: 'mvn -q -f java compile exec:help' },
  Node: { version: 'node --version' },
  Python: {
    // Debian ships venv support in a separate package.
    version: 'python3 -c "import ensurepip" && python3 --version',
    fetch: 'python3 -m venv python/.venv && python/.venv/bin/pip install -q -r python/requirements.txt',
  },
  Rust: { version: 'cargo --version', fetch: 'cargo fetch -q --manifest-path rust/Cargo.toml' },
  'redis-cli': { version: 'redis-cli --version' },
};

/** Returns the examples in the table under a heading of README.md. */
export async function examplesUnder(heading: string): Promise<Example[]> {
  const readme = readFileSync(path.join(EXAMPLES, 'README.md'), 'utf8');
  const [, section = ''] = readme.split(`\n## ${heading}\n`);
  const rows = section.split('\n## ')[0]?.matchAll(/^\| (.+?) +\| (.+?) +\| `(.+)` +\|$/gm) ?? [];
  return Promise.all(
    Array.from(rows, async ([, source = '', requirements = '', command = '']) => ({
      language: source.replace(/^\[(.+)\].*$/, '$1'),
      command,
      missing: await findMissing(requirements.split(', ')),
    })),
  );
}

async function findMissing(requirements: string[]): Promise<string | undefined> {
  for (const requirement of requirements) {
    checks[requirement] ??= checkTool(requirement);
    const missing = await checks[requirement];
    if (missing !== undefined) return missing;
  }
  return undefined;
}

const checks: Record<string, Promise<string | undefined>> = {};

/** Returns why a required tool, such as `Go 1.22`, is unavailable, or undefined if it is available. */
async function checkTool(requirement: string): Promise<string | undefined> {
  const [name = '', minimum = '0'] = requirement.split(' ');
  const tool = TOOLS[name];
  if (!tool) throw new Error(`README.md requires ${name}, which is not in TOOLS`);
  const output = await outputOf(tool.version).catch(() => undefined);
  if (output === undefined) return `${name} is not installed`;
  const [version = '0'] = /\d+(\.\d+)*/.exec(output) ?? [];
  if (compare(version, minimum) < 0) return `requires ${requirement}, found ${version}`;
  try {
    if (tool.fetch) await outputOf(tool.fetch, { cwd: EXAMPLES });
    return undefined;
  } catch (error) {
    // CI has a registry, so a failed download is an error there.
    if (process.env['CI']) throw error;
    return `the packages for ${name} could not be downloaded: ${String(error).trim().split('\n').at(-1)}`;
  }
}

/** Returns a negative number if the first version is older. */
function compare(version: string, other: string): number {
  return version.localeCompare(other, 'en', { numeric: true });
}
