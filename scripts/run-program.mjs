import { spawn } from 'node:child_process';

/**
 * Runs a program to its end and passes on what should stop us.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ capture?: boolean, onOutput?: (text: string) => void }} [options] `capture` keeps its output to
 *   itself and answers it, `onOutput` shows its standard output and hands it on
 * @returns {Promise<{ code: number, output: string }>} code 1 also when it was killed
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
    child.on('error', (error) => reject(new Error(`cannot run ${program}: ${error.message}`)));
    child.on('close', (code) => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      if (interrupted) process.exit(130);
      resolve({ code: code ?? 1, output: text });
    });
  });
}
