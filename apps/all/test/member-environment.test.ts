import { expect, it } from '@jest/globals';
import { memberEnvironment } from '../src/member-environment.js';

it('divides the defaults that are for one process', () => {
  expect(memberEnvironment({}, { size: 4, number: 1, logFile: null })).toEqual({
    POSTHORN_WORKER_CONCURRENCY: '32',
    POSTHORN_WORKER_SLOW_CONCURRENCY: '16',
    POSTHORN_WORKER_RETRY_CONCURRENCY: '16',
    POSTHORN_WORKER_REPLAY_CONCURRENCY: '2',
    POSTHORN_PRODUCER_CONCURRENCY: '125',
  });
});

it('leaves what is set to each process; an empty variable is unset', () => {
  const env = { POSTHORN_WORKER_CONCURRENCY: '200', POSTHORN_PRODUCER_CONCURRENCY: '' };
  const own = memberEnvironment(env, { size: 2, number: 1, logFile: null });
  expect(own).not.toHaveProperty('POSTHORN_WORKER_CONCURRENCY');
  expect(own).toMatchObject({ POSTHORN_PRODUCER_CONCURRENCY: '250' });
});

it('gives each process a separate log file', () => {
  const own = memberEnvironment({}, { size: 2, number: 2, logFile: '/var/log/posthorn.log' });
  expect(own).toMatchObject({ POSTHORN_LOG_FILE: '/var/log/posthorn-2.log' });
});
