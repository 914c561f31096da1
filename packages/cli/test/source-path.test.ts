import { expect, it } from '@jest/globals';
import { SourceError } from '../src/import/source-error.js';
import { pathOf } from '../src/import/source-path.js';

it.each(['...', '..a', '.a', '%2e%2e', '%2F', 'a?b#c', 'ä b', 'ext:..', '😀'])(
  'is the path of the id "%s", also in a URL',
  (id) => {
    const path = pathOf(['app', id, 'endpoint']);
    expect(new URL(`http://source.example${path}`).pathname).toBe(path);
    expect(path.split('/').map(decodeURIComponent)).toEqual(['', 'app', id, 'endpoint']);
  },
);

it.each(['', '.', '..', '/', '../..', 'a/b', '..\\..', '\ud800'])(
  'is an error about this item alone for the id "%s", which makes it another path',
  (id) => {
    let thrown: unknown;
    try {
      pathOf(['app', id, 'endpoint']);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SourceError);
    expect(thrown).toMatchObject({
      message: expect.stringContaining(`The id "${id}" `),
      failsEveryRequest: false,
    });
  },
);
