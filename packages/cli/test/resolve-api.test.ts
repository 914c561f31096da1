import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { listRunningStack, unlistRunningStack } from '@posthorn/local/running-stacks';
import { NotConfiguredError, resolveApi } from '../src/command/resolve-api.js';

let folder: string;
/** Of the commands. */
let env: NodeJS.ProcessEnv;
const stateHome = process.env['XDG_STATE_HOME'];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-stacks-'));
  env = { XDG_STATE_HOME: path.join(folder, 'state') };
  Object.assign(process.env, env);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
  if (stateHome === undefined) delete process.env['XDG_STATE_HOME'];
  else process.env['XDG_STATE_HOME'] = stateHome;
});

/** Writes the runtime.json of a stack. Returns its data folder. */
function stackIn(name: string, port: number): string {
  const dataDir = path.join(folder, name);
  mkdirSync(dataDir, { recursive: true });
  const runtime = { apiUrl: `http://127.0.0.1:${port}`, adminKey: `phk_${name}` };
  writeFileSync(path.join(dataDir, 'runtime.json'), JSON.stringify(runtime), { mode: 0o600 });
  return dataDir;
}

describe('the local stack', () => {
  it('is the one of this folder, also if others run', () => {
    listRunningStack(stackIn('other', 1));
    stackIn('project/.posthorn', 2);
    expect(resolveApi({}, env, path.join(folder, 'project/src'))).toMatchObject({
      url: 'http://127.0.0.1:2',
    });
  });

  it('is the only one that runs, wherever its data are', () => {
    const dataDir = stackIn('data', 1);
    listRunningStack(dataDir);
    expect(resolveApi({}, env, '/')).toMatchObject({
      url: 'http://127.0.0.1:1',
      apiKey: 'phk_data',
      local: { folder: dataDir },
    });
    const otherUser = { XDG_STATE_HOME: path.join(folder, 'other') };
    expect(() => resolveApi({}, otherUser, '/')).toThrow(NotConfiguredError);
    unlistRunningStack(dataDir);
    expect(() => resolveApi({}, env, '/')).toThrow(NotConfiguredError);
  });

  it('has to be chosen among several, by --stack or --url', () => {
    const [one, two] = [stackIn('one', 1), stackIn('two', 2)];
    listRunningStack(one);
    listRunningStack(two);
    expect(() => resolveApi({}, env, '/')).toThrow(
      /Several stacks run on this machine: .*Choose one with --stack/,
    );
    expect(resolveApi({ stack: 'two' }, env, folder)).toMatchObject({ apiKey: 'phk_two' });
    expect(resolveApi({ url: 'http://127.0.0.1:1/' }, env, '/')).toMatchObject({ apiKey: 'phk_one' });
    expect(() => resolveApi({ stack: 'three' }, env, folder)).toThrow(
      'No stack is running with the data folder three. Start it: posthorn up --data three',
    );
  });

  it('does not count once its supervisor was killed', () => {
    const state = path.join(folder, 'state/posthorn/stacks');
    mkdirSync(state, { recursive: true });
    writeFileSync(
      path.join(state, 'killed.json'),
      JSON.stringify({ dataDir: stackIn('killed', 1), pid: 2 ** 22 + 1 }),
    );
    expect(() => resolveApi({}, env, '/')).toThrow(NotConfiguredError);
  });

  it('is named with the place of an error in its file, and nothing of the file, which has a key', () => {
    const dataDir = stackIn('broken/.posthorn', 1);
    writeFileSync(path.join(dataDir, 'runtime.json'), '{"adminKey": "phk_secret" x}');
    const project = path.join(folder, 'broken');
    expect(() => resolveApi({}, env, project)).toThrow(/runtime\.json: not valid JSON/);
    expect(() => resolveApi({}, env, project)).not.toThrow(/phk_secret/);
  });

  describe('of another user', () => {
    const MESSAGE = /belongs to another user.*--url and --api-key/;

    it.each([
      ['that owns it', () => jest.spyOn(process, 'getuid').mockReturnValue(4_242)],
      ['who may write its file', (dataDir: string) => chmodSync(path.join(dataDir, 'runtime.json'), 0o622)],
      ['who may write its folder', (dataDir: string) => chmodSync(dataDir, 0o777)],
    ])('is not used: one %s', (_case, change) => {
      change(stackIn('tmp/.posthorn', 1));
      expect(() => resolveApi({}, env, path.join(folder, 'tmp/mine'))).toThrow(MESSAGE);
      expect(() => resolveApi({ stack: 'tmp/.posthorn' }, env, folder)).toThrow(MESSAGE);
    });

    it('does not keep others from being used', () => {
      const [foreign, own] = [stackIn('foreign', 1), stackIn('own', 2)];
      for (const dataDir of [foreign, own]) listRunningStack(dataDir);
      chmodSync(foreign, 0o777);
      expect(resolveApi({}, env, '/')).toMatchObject({ url: 'http://127.0.0.1:2', apiKey: 'phk_own' });
    });

    it('does not keep its user from calling another API', () => {
      stackIn('tmp/.posthorn', 1);
      jest.spyOn(process, 'getuid').mockReturnValue(4_242);
      const flags = { url: 'http://127.0.0.1:1', apiKey: 'phk_mine' };
      expect(resolveApi(flags, env, path.join(folder, 'tmp'))).toMatchObject({ ...flags, local: null });
    });
  });
});
