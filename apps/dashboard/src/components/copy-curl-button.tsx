import { Button, CopyButton } from '@mantine/core';
import { Terminal } from 'lucide-react';
import { t } from '../i18n/t.js';

/** Copies a request as a shell command. */
export function CopyCurlButton({ command }: { command: string }) {
  return (
    <CopyButton value={command}>
      {({ copied, copy }) => (
        <Button variant="default" size="xs" leftSection={<Terminal size={14} aria-hidden />} onClick={copy}>
          {copied ? t('Copied') : t('Copy as cURL')}
        </Button>
      )}
    </CopyButton>
  );
}
