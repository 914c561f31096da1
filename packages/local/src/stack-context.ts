import type { DataDirectory } from './data-directory.js';
import type { Fleet } from './fleet.js';
import type { LogFile } from './log-file.js';
import type { StackOptions } from './stack-options.js';

/** Shared by the steps of a start. */
export interface StackContext {
  options: StackOptions;
  directory: DataDirectory;
  /** The environment variables that the stack uses. */
  environment: NodeJS.ProcessEnv;
  fleet: Fleet;
  openLog: (name: string) => LogFile;
  /** Must be called whenever the set of running processes changes. */
  onChange: () => void;
  onProgress: (line: string) => void;
}
