import { mutantsIn } from './tool/mutants-in.mjs';

export default mutantsIn('apps/all/src', [
  [
    'each process of a group has the whole concurrency',
    'member-environment.ts',
    `String(shareOf(Number(field.default), { size })),`,
    `field.default ?? '',`,
  ],
  [
    'a configured concurrency is divided',
    'member-environment.ts',
    `DIVIDED.filter((field) => !env[field.env])`,
    `DIVIDED`,
  ],
  [
    'the processes of a group share a log file',
    'member-environment.ts',
    '`${name}-${number}${ext}`',
    '`${name}${ext}`',
  ],
]);
