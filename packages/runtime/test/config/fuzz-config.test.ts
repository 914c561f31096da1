import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  apiConfig,
  ConfigError,
  describeConfig,
  producerConfig,
  readConfig,
  workerConfig,
} from '../../src/config/index.js';

const SHAPES = [apiConfig, producerConfig, workerConfig];
const NAMES = [...new Set(SHAPES.flatMap((shape) => Object.values(shape).map(({ env }) => env)))];

/** Almost valid and arbitrary values. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.integer().map(String),
  fc.double().map(String),
  fc.webUrl(),
  fc.ipV4().map((address) => `${address}/8`),
  fc.ipV6(),
  fc.constantFrom(
    'true',
    'TRUE',
    '*',
    '1e9',
    '0x10',
    ' 5 ',
    '443,8443',
    'redis://',
    'postgresql://',
    '{}',
    '\0',
  ),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('base64')),
);
const environment = fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string()), text, { maxKeys: 30 });

describe('any environment', () => {
  it('is parsed, or rejected with a line for each invalid variable', () => {
    fc.assert(
      fc.property(environment, fc.constantFrom(...SHAPES), (env, shape) => {
        try {
          readConfig(shape, env);
          describeConfig(shape, env);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          const names = Object.values(shape).map((field) => field.env);
          for (const line of error.message.split('\n'))
            expect(names.some((name) => line.startsWith(`${name} `)) || / is not a setting /.test(line)).toBe(
              true,
            );
        }
      }),
      { numRuns: 500 },
    );
  });
});
