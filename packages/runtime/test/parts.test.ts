import { describe, expect, it } from '@jest/globals';
import { Deadline, type Part } from '@posthorn/core';
import { Parts } from '../src/index.js';

const deadline = new Deadline(1000);

/** A part that adds its name to `steps` when it stops. */
function recordingPart(name: string, steps: string[]): Part {
  return {
    async stop() {
      steps.push(name);
    },
  };
}

describe('Parts', () => {
  it('stops parts in reverse order of opening', async () => {
    const steps: string[] = [];
    const parts = new Parts();
    await parts.open(recordingPart('database', steps));
    await parts.open(Promise.resolve(recordingPart('server', steps)));
    await parts.stop(deadline);
    expect(steps).toEqual(['server', 'database']);
  });

  it('starts a part when it is opened', async () => {
    const steps: string[] = [];
    await new Parts().open({
      async start() {
        steps.push('started');
      },
      stop: () => Promise.resolve(),
    });
    expect(steps).toEqual(['started']);
  });

  it('stops a part alongside the one opened before it', async () => {
    const steps: string[] = [];
    let finish: (() => void) | undefined;
    const parts = new Parts();
    await parts.open(recordingPart('database', steps));
    await parts.open({
      stop: () =>
        new Promise<void>((resolve) => {
          steps.push('first consumer');
          finish = resolve;
        }),
    });
    await parts.openAlongside(recordingPart('second consumer', steps));
    const stopped = parts.stop(deadline);
    expect(steps).toEqual(['first consumer', 'second consumer']);
    finish?.();
    await stopped;
    expect(steps).toEqual(['first consumer', 'second consumer', 'database']);
  });

  it('stops each part once when stopped twice', async () => {
    const steps: string[] = [];
    const parts = new Parts();
    await parts.open(recordingPart('server', steps));
    await Promise.all([parts.stop(deadline), parts.stop(deadline)]);
    await parts.stop(deadline);
    expect(steps).toEqual(['server']);
  });

  it('stops the opened parts after a later part fails to open', async () => {
    const steps: string[] = [];
    const parts = new Parts();
    await parts.open(recordingPart('database', steps));
    await expect(parts.open(Promise.reject<Part>(new Error('port in use')))).rejects.toThrow('port in use');
    await parts.stop(deadline);
    expect(steps).toEqual(['database']);
  });

  it('stops a part whose start fails', async () => {
    const steps: string[] = [];
    const parts = new Parts();
    const part = { ...recordingPart('server', steps), start: () => Promise.reject(new Error('port in use')) };
    await expect(parts.open(part)).rejects.toThrow('port in use');
    await parts.stop(deadline);
    expect(steps).toEqual(['server']);
  });

  it('continues stopping parts after a failure, then throws the error', async () => {
    const steps: string[] = [];
    const parts = new Parts();
    await parts.open(recordingPart('database', steps));
    await parts.open({
      stop() {
        throw new Error('stuck');
      },
    });
    await parts.open(recordingPart('server', steps));
    await expect(parts.stop(deadline)).rejects.toThrow('stuck');
    expect(steps).toEqual(['server', 'database']);
  });

  it('throws every error when several parts fail to stop', async () => {
    const parts = new Parts();
    await parts.open({ stop: () => Promise.reject(new Error('one')) });
    await parts.open({ stop: () => Promise.reject(new Error('two')) });
    await expect(parts.stop(deadline)).rejects.toThrow('Error: two; Error: one');
  });

  it('passes one deadline to every part', async () => {
    const received: Deadline[] = [];
    const parts = new Parts();
    const part: Part = {
      async stop(stopDeadline) {
        received.push(stopDeadline);
      },
    };
    await parts.open(part);
    await parts.open({ ...part });
    await parts.stop(deadline);
    expect(received).toEqual([deadline, deadline]);
  });
});
