import path from 'node:path';
import { shareOf } from '@posthorn/runtime';
import { allConfig } from '@posthorn/runtime/config';

/** The settings whose default is for a single process. A value that is set applies to each process. */
const DIVIDED = [
  allConfig.workerConcurrency,
  allConfig.workerSlowConcurrency,
  allConfig.workerRetryConcurrency,
  allConfig.workerReplayConcurrency,
  allConfig.producerConcurrency,
];

interface Member {
  size: number;
  number: number;
  logFile: string | null;
}

/** Returns the variables that a process of a group does not share with the primary. */
export function memberEnvironment(
  env: NodeJS.ProcessEnv,
  { size, number, logFile }: Member,
): Record<string, string> {
  const defaults = DIVIDED.filter((field) => !env[field.env]).map((field) => [
    field.env,
    String(shareOf(Number(field.default), { size })),
  ]);
  return {
    ...Object.fromEntries(defaults),
    ...(logFile !== null && { [allConfig.logFile.env]: logFileOf(logFile, number) }),
  };
}

/** Only one process may rotate a file. */
function logFileOf(file: string, number: number): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}-${number}${ext}`);
}
