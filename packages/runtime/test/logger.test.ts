import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import winston from 'winston';
import { createLogger, type Logger } from '../src/index.js';

/** Returns the text that the logger writes. */
function logged(write: (logger: Logger) => void, level = 'debug'): string {
  const logger = createLogger({ service: 'test', level });
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  logger.clear().add(new winston.transports.Stream({ stream }));
  write(logger);
  return lines.join('');
}

describe('a log line', () => {
  it('is JSON with timestamp, level, service, message and fields', () => {
    const line: unknown = JSON.parse(logged((logger) => logger.info('started', { port: 8080 })));
    expect(line).toMatchObject({ level: 'info', message: 'started', service: 'test', port: 8080 });
    expect(line).toHaveProperty('timestamp');
  });

  it('is not written below the minimum level', () => {
    expect(logged((logger) => logger.debug('detail'), 'info')).toBe('');
  });

  it('contains the name, code and causes of an error', () => {
    const error = Object.assign(new TypeError('outer', { cause: new Error('inner') }), { code: 'E1' });
    expect(JSON.parse(logged((logger) => logger.error('failed', { error })))).toMatchObject({
      error: { name: 'TypeError', message: 'outer', code: 'E1', cause: { message: 'inner' } },
    });
  });
});

describe('a secret in a log line', () => {
  it.each<[string, unknown]>([
    ['secret', 'hidden'],
    ['clientSecret', 'hidden'],
    ['password', 'hidden'],
    ['authorization', 'Bearer hidden'],
    ['Cookie', 'hidden'],
    ['metricsToken', 'hidden'],
    ['apiKey', 'hidden'],
    ['api_key', 'hidden'],
    ['secrets', ['hidden', 'hidden']],
    ['authorization', { value: 'hidden' }],
    ['token', 104105100],
    ['encryptionKey', Buffer.from('hidden')],
    ['codeHash', Buffer.from('hidden')],
    ['codeHash', new Uint8Array(Buffer.from('hidden'))],
  ])('is redacted by its key: %s', (name, value) => {
    const line = logged((logger) => logger.info('message', { outer: { [name]: value } }));
    expect(JSON.parse(line)).toMatchObject({ outer: { [name]: '[redacted]' } });
  });

  it('is not redacted when it is null', () => {
    const line = logged((logger) => logger.info('message', { metricsToken: null }));
    expect(JSON.parse(line)).toMatchObject({ metricsToken: null });
  });

  it.each([
    ['a signing secret', 'whsec_aGlkZGVu', 'aGlkZGVu'],
    ['an asymmetric signing secret', 'whsk_aGlkZGVu', 'aGlkZGVu'],
    ['an API key', 'phk_hidden-hidden_hidden', 'hidden'],
    ['a session', 'phs_hidden-hidden_hidden', 'hidden'],
    ['a portal link', 'https://hooks.example/portal#token=php_hidden-hidden_hidden', 'hidden'],
    ['a key as a part of a name', 'key_phk_hidden-hidden_hidden', 'hidden'],
    ['a password in a URL', 'postgresql://user:hidden@db.example/posthorn', 'hidden'],
    ['a password in a URL without a user', 'redis://:hidden@redis.example', 'hidden'],
    ['a token as the user of a URL', 'https://hidden@receiver.example/path', 'hidden'],
    ['a password with an @', 'https://user:p@hidden@receiver.example/path', 'hidden'],
    ['a password with a slash', 'postgres://user:p@hidden/hidden@db.example/posthorn', 'hidden'],
    ['a password of MariaDB with a slash', 'mariadb://user:p/hidden@db.example/shop', 'hidden'],
    ['a password of MySQL with a slash', 'mysql://user:p/hidden@db.example/shop', 'hidden'],
    ['a password with other delimiters', 'rediss://:hidden#hidden?hidden@redis.example', 'hidden'],
  ])('is redacted by its format: %s', (_name, text, hidden) => {
    const error = new Error(`in ${text}`, { cause: new Error(`cause ${text}`) });
    const line = logged((logger) =>
      logger.info(`message ${text}`, { a: text, b: [{ c: `x ${text}` }], error }),
    );
    expect(line.match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(5);
    expect(line).not.toContain(hidden);
  });

  it('is redacted without changing other text', () => {
    const line = logged((logger) =>
      logger.info('sent to https://a.example/x@y', { url: 'https://b.example:8443/' }),
    );
    expect(JSON.parse(line)).toMatchObject({
      message: 'sent to https://a.example/x@y',
      url: 'https://b.example:8443/',
    });
  });
});
