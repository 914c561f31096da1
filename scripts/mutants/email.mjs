import { mutantsIn } from './tool/mutants-in.mjs';

export default mutantsIn('packages/email/src', [
  [
    'credentials are sent without TLS',
    'connect-smtp.ts',
    `requireTLS: hasPassword(url),`,
    `requireTLS: false,`,
  ],
  [
    'a message that may have been accepted counts as not sent',
    'connect-smtp.ts',
    `isTransferred ? 'unknown' : 'unavailable'`,
    `'unavailable'`,
  ],
  [
    'a rejected message counts as unknown',
    'connect-smtp.ts',
    `if (thrown instanceof Error && 'responseCode' in thrown) return { status: 'rejected', error };`,
    ``,
  ],
  [
    'messages contain the HTML of names',
    'layout.ts',
    `const text = escapeHtml(plainLine(block.text, MAX_LINE_LENGTH));`,
    `const text = plainLine(block.text, MAX_LINE_LENGTH);`,
  ],
  [
    'a subject has several lines',
    'layout.ts',
    `subject: plainLine(subject, MAX_SUBJECT_LENGTH),`,
    `subject,`,
  ],
]);
