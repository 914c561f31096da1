import { describe, expect, it } from '@jest/globals';
import { checkVersion } from '../src/doctor/check-api.js';
import { manifest } from '../src/host/manifest.js';

const answering = (body: string) => async () => new Response(body);

const timeout = () => Promise.reject(new DOMException('The operation timed out', 'TimeoutError'));

describe('the version of the API', () => {
  it('matches the CLI', async () => {
    const document = JSON.stringify({ info: { version: manifest.version } });
    expect(await checkVersion(answering(document))).toMatchObject({ level: 'ok' });
  });

  it.each(['<html></html>', '[]', 'null'])('is missing in another server that answers %s', async (body) => {
    const finding = await checkVersion(answering(body));
    expect(finding).toMatchObject({ level: 'error', message: 'The server is not a Posthorn API' });
  });

  it('is unknown after a timeout, which does not show a wrong URL', async () => {
    expect(await checkVersion(timeout)).toMatchObject({
      level: 'unknown',
      message: 'The operation timed out',
    });
  });
});
