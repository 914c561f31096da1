import { storedJson } from './json-value.js';

export const metadata = storedJson(4096)
  .nullish()
  .meta({
    description: 'Your own data, at most 4096 bytes as JSON. It is not sent to receivers.',
    example: { customer: '4711' },
  });
