import { spawn } from 'node:child_process';

/**
 * Runs a program until it exits. Forwards SIGINT and SIGTERM to it, then exits with code 130. Throws if the program cannot start.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ capture?: boolean, onOutput?: (text: string) => void }} [options] `capture` returns the
 *   output instead of printing it; `onOutput` receives the standard output, which is also printed
 * @returns {Promise<{ code: number, output: string }>} `code` is 1 if a signal killed the program
 */
export function run(program, args, { capture = false, onOutput } = {}) {
  const output = capture || onOutput ? 'pipe' : 'inherit';
  const child = spawn(program, args, {
    stdio: ['inherit', output, capture ? 'pipe' : 'inherit'],
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
  });
  let text = '';
  const collect = (chunk) => {
    text += chunk;
    if (capture) return;
    process.stdout.write(chunk);
    onOutput?.(String(chunk));
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);

  let interrupted = false;
  const stop = () => {
    interrupted = true;
    child.kill('SIGTERM');
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`Cannot run ${program}: ${error.message}`)));
    child.on('close', (code) => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      if (interrupted) process.exit(130);
      resolve({ code: code ?? 1, output: text });
    });
  });
}
