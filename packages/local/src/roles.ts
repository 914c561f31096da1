/** Posthorn's own processes. `all` is API, producer and worker in one. */
export type ServiceRole = 'api' | 'producer' | 'worker' | 'all';

export type ServerRole = 'postgres' | 'redis';

export type Role = ServiceRole | ServerRole;

/** An entry of runtime.json. */
export interface RunningProcess {
  role: Role;
  pid: number;
}
