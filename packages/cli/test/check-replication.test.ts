import { expect, it } from '@jest/globals';
import { checkReplication } from '../src/doctor/check-replication.js';

it.each<
  [level: string, replicas: number, synchronousStandbyNames: string, commitsWait: boolean, message: string]
>([
  ['ok', 0, '', true, 'No replica'],
  ['warning', 2, '', true, '2 replicas, asynchronous: a failover loses the last accepted events'],
  ['ok', 2, 'ANY 1 (a, b)', true, '2 replicas, synchronous_standby_names is ANY 1 (a, b)'],
  ['warning', 1, 'a', false, 'synchronous_commit is off or local'],
  ['error', 0, 'a', true, 'commits wait'],
])(
  'is %s with %i replicas, synchronous_standby_names "%s" and commits that wait: %s',
  (level, replicas, synchronousStandbyNames, commitsWait, message) => {
    expect(checkReplication({ replicas, synchronousStandbyNames, commitsWait })).toMatchObject({
      check: 'replication',
      level,
      message: expect.stringContaining(message),
    });
  },
);
