import { parseArgs } from 'node:util';
import { StartError } from './start-error.js';

export interface UpFlags {
  port: number;
  workers: number;
  dataDir: string;
  /** `all` for processes that are API, producer and worker in one, instead of one process each. */
  role: 'all' | undefined;
  /** The number of processes of the role `all`. */
  processes: number;
}

const DEFAULT_WORKERS = '2';

/**
 * Reads the flags. Without `--role` and `--processes`, reads POSTHORN_ROLE and POSTHORN_PROCESSES.
 *
 * @throws StartError when a flag is invalid
 */
export function readUpFlags(args: string[], env: NodeJS.ProcessEnv): UpFlags {
  const { port, workers, data, processes, ...flags } = parse(args);
  const role =
    flags.role === undefined ? roleOf('POSTHORN_ROLE', env['POSTHORN_ROLE']) : roleOf('--role', flags.role);
  if (role === 'all' && workers !== undefined)
    throw new StartError('--workers cannot be combined with role all, whose processes --processes counts');
  if (role !== 'all' && processes !== undefined)
    throw new StartError('--processes requires --role all. Without it, --workers sets the number of workers');
  return {
    port: integer('--port', port, { min: 1, max: 65_535 }),
    workers: integer('--workers', workers ?? DEFAULT_WORKERS, { min: 1, max: 64 }),
    dataDir: data,
    role,
    processes: role === 'all' ? processesOf(processes, env) : 1,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string', default: '8080' },
        workers: { type: 'string' },
        data: { type: 'string', default: '.posthorn' },
        role: { type: 'string' },
        processes: { type: 'string' },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    throw new StartError(
      `${reason} (available: --port P, --workers N, --data DIR, --role all, --processes N)`,
      {
        cause: error,
      },
    );
  }
}

function processesOf(flag: string | undefined, env: NodeJS.ProcessEnv): number {
  const range = { min: 1, max: 64 };
  return flag === undefined
    ? integer('POSTHORN_PROCESSES', env['POSTHORN_PROCESSES'] || '1', range)
    : integer('--processes', flag, range);
}

/** An empty variable is unset. */
function roleOf(source: string, text: string | undefined): 'all' | undefined {
  if (text === 'all') return text;
  if (source === 'POSTHORN_ROLE' && !text) return undefined;
  throw new StartError(`${source} must be all, not "${text}". Without it, each role is a process`);
}

function integer(flag: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new StartError(`${flag} must be an integer from ${min} to ${max}, not "${text}"`);
}
