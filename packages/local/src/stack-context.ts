import type { DataDirectory } from './data-directory.js';
import type { Fleet } from './fleet.js';
import type { LogFile } from './log-file.js';
import type { StackOptions } from './stack-options.js';

/** What the steps of a start share. */
export interface StackContext {
  options: StackOptions;
  directory: DataDirectory;
  /** The environment that the stack goes by. */
  environment: NodeJS.ProcessEnv;
  fleet: Fleet;
  openLog: (name: string) => LogFile;
  /** To be called whenever other processes run than before. */
  onChange: () => void;
  say: (line: string) => void;
}
