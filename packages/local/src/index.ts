export type { Role, RunningProcess, ServerRole, ServiceRole } from './roles.js';
export * from './stack.js';
export type { Stack, StackOptions } from './stack-options.js';
export { StartError } from './start-error.js';
export type { SupervisedProcess } from './supervised-process.js';
export * from './up.js';
export { SERVICE_NODE_FLAGS } from './node-flags.js';
export { freePort } from './free-port.js';
export { serviceEntry } from './service-entries.js';
