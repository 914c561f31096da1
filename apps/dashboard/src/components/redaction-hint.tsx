import { Text } from '@mantine/core';
import { useCan } from '../api/session.js';
import { t } from '../i18n/t.js';

/** What the API shows in place of a redacted value. */
const REDACTED = '•••';

/** Returns why a shown text has hidden values; null without any, and for a key with the scope that shows them. */
export function useRedactionHint(shown: string | null): string | null {
  const seesAll = useCan('payloads:read');
  if (seesAll || !shown?.includes(REDACTED)) return null;
  return t('••• is hidden by redaction. A key with the scope {{scope}} sees the value.', {
    scope: 'payloads:read',
  });
}

/** Explains hidden values below a text. */
export function RedactionHint({ shown }: { shown: string | null }) {
  const hint = useRedactionHint(shown);
  if (hint === null) return null;
  return (
    <Text size="xs" c="dimmed" mt="xs">
      {hint}
    </Text>
  );
}
