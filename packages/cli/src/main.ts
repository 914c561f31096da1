import { posthorn } from './program.js';

try {
  await posthorn().parseAsync();
} catch (error) {
  console.error(`posthorn: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
