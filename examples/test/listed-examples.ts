import { readFileSync } from 'node:fs';
import path from 'node:path';
import { outputOf } from './shell.js';

export const EXAMPLES = path.resolve(import.meta.dirname, '..');

/** One line of a table of README.md. */
export interface Example {
  language: string;
  /** To be run in EXAMPLES. */
  command: string;
  /** Why it cannot be run on this machine. */
  missing: string | undefined;
}

/** What the tables say is needed. */
interface Tool {
  version: string;
  /** Brings the packages of the examples, of which nothing more is fetched once they are there. */
  fetch?: string;
}

const TOOLS: Record<string, Tool> = {
  Go: { version: 'go version', fetch: 'go mod download -C go' },
  Java: { version: 'javac -version 2>&1' },
  Maven: { version: 'mvn --version', fetch: 'mvn -q -f java compile exec:help' },
  Node: { version: 'node --version' },
  Python: {
    // Debian has the part that makes virtual environments in a package of its own.
    version: 'python3 -c "import ensurepip" && python3 --version',
    fetch: 'python3 -m venv python/.venv && python/.venv/bin/pip install -q -r python/requirements.txt',
  },
  Rust: { version: 'cargo --version', fetch: 'cargo fetch -q --manifest-path rust/Cargo.toml' },
  'redis-cli': { version: 'redis-cli --version' },
};

/** The examples of the table under a heading of README.md. */
export async function examplesUnder(heading: string): Promise<Example[]> {
  const readme = readFileSync(path.join(EXAMPLES, 'README.md'), 'utf8');
  const [, section = ''] = readme.split(`\n## ${heading}\n`);
  const rows = section.split('\n## ')[0]?.matchAll(/^\| (.+?) +\| (.+?) +\| `(.+)` +\|$/gm) ?? [];
  return Promise.all(
    Array.from(rows, async ([, source = '', needs = '', command = '']) => ({
      language: source.replace(/^\[(.+)\].*$/, '$1'),
      command,
      missing: await missingOf(needs.split(', ')),
    })),
  );
}

async function missingOf(needs: string[]): Promise<string | undefined> {
  for (const need of needs) {
    asked[need] ??= ask(need);
    const missing = await asked[need];
    if (missing !== undefined) return missing;
  }
  return undefined;
}

const asked: Record<string, Promise<string | undefined>> = {};

/** Why a tool cannot be used, such as `Go 1.22`. */
async function ask(need: string): Promise<string | undefined> {
  const [name = '', wanted = '0'] = need.split(' ');
  const tool = TOOLS[name];
  if (!tool) throw new Error(`README.md needs ${name}, which no test knows`);
  const said = await outputOf(tool.version).catch(() => undefined);
  if (said === undefined) return `no ${name} on this machine`;
  const [version = '0'] = /\d+(\.\d+)*/.exec(said) ?? [];
  if (compare(version, wanted) < 0) return `it needs ${need}, and this is ${version}`;
  try {
    if (tool.fetch) await outputOf(tool.fetch, { cwd: EXAMPLES });
    return undefined;
  } catch (error) {
    // In CI there is a registry, so that something is wrong.
    if (process.env['CI']) throw error;
    return `the packages of ${name} cannot be fetched: ${String(error).trim().split('\n').at(-1)}`;
  }
}

/** Negative when the first version is the older one. */
function compare(version: string, other: string): number {
  return version.localeCompare(other, 'en', { numeric: true });
}
