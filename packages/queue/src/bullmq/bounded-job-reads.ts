import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { MAX_INLINE_BYTES } from '../limits/push-limits.js';

/** How BullMQ's scripts return the job that they fetch: with all its fields. */
const UNBOUNDED_READ = 'rcall("HGETALL", jobKey), jobId';
const BOUNDED_READ = 'readJob(jobKey), jobId';

/**
 * Returns the fields of a job that Posthorn uses, cut to the maximum size. Instead of larger data, it returns the size of the
 * data as the field `pb`, which BullMQ passes on as `processedBy`. Publishers cannot set that one: the script does not read it.
 */
const READ_JOB = `
local function readJob(jobKey)
  local names = {'name', 'data', 'opts', 'timestamp', 'delay', 'priority', 'atm', 'ats', 'stc', 'processedOn',
    'rjk', 'deid', 'parentKey', 'parent', 'defa'}
  local fields = {}
  for _, name in ipairs(names) do
    local bytes = redis.call('HSTRLEN', jobKey, name)
    if name == 'data' and bytes > ${MAX_INLINE_BYTES} then
      table.insert(fields, 'pb')
      table.insert(fields, tostring(bytes))
    else
      local text = redis.call('HGET', jobKey, name)
      if text then
        table.insert(fields, name)
        table.insert(fields, string.sub(text, 1, ${MAX_INLINE_BYTES}))
      end
    end
  end
  return fields
end
`;

/**
 * Changes the scripts that BullMQ's worker will define on `redis`, so that they return no large fields. The data of a job
 * leaves Redis only when `readJobData` reads it.
 */
export function boundJobReads(redis: Pick<Redis, 'defineCommand'>): void {
  const define = redis.defineCommand.bind(redis);
  redis.defineCommand = (name, { lua, ...definition }) =>
    define(name, {
      ...definition,
      lua: lua.includes(UNBOUNDED_READ) ? READ_JOB + lua.replaceAll(UNBOUNDED_READ, BOUNDED_READ) : lua,
    });
}

/** Returns the size of data that was too large to be fetched with its job, otherwise null. */
export function omittedDataBytes({ processedBy }: Pick<Job, 'processedBy'>): number | null {
  return processedBy === undefined ? null : Number(processedBy);
}

/** Returns the size of the data of a job and its first bytes, or nil when the job does not exist. */
const READ_JOB_DATA = `
local data = redis.call('HGET', KEYS[1], 'data')
return data and {#data, string.sub(data, 1, ARGV[1])}
`;

interface JobData {
  text: string;
  /** Whether `text` is only the beginning of the data. */
  isCut: boolean;
}

/** Reads the first `maxBytes` of the data of a job; null when the job does not exist. */
type ReadJobData = (jobKey: string, maxBytes: number) => Promise<JobData | null>;

export function defineReadJobData(redis: Pick<Redis, 'defineCommand'>): ReadJobData {
  redis.defineCommand('readJobData', { numberOfKeys: 1, lua: READ_JOB_DATA });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- defined right above
  const client = redis as typeof redis & {
    readJobData(jobKey: string, maxBytes: number): Promise<[bytes: number, text: string] | null>;
  };
  return async (jobKey, maxBytes) => {
    const reply = await client.readJobData(jobKey, maxBytes);
    return reply && { text: reply[1], isCut: reply[0] > maxBytes };
  };
}
