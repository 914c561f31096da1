/** Posthorn's own processes. `all` is API, producer and worker in one. */
export type ServiceRole = 'api' | 'producer' | 'worker' | 'all';

export type ServerRole = 'postgres' | 'redis';

export type ProcessRole = ServiceRole | ServerRole;

/** An entry of runtime.json. */
export interface RunningProcess {
  role: ProcessRole;
  pid: number;
}
