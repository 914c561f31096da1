import { Button, CopyButton } from '@mantine/core';
import { Terminal } from 'lucide-react';

/** Copies a request as a shell command. */
export function CopyCurlButton({ command }: { command: string }) {
  return (
    <CopyButton value={command}>
      {({ copied, copy }) => (
        <Button variant="default" size="xs" leftSection={<Terminal size={14} aria-hidden />} onClick={copy}>
          {copied ? 'Copied' : 'Copy as cURL'}
        </Button>
      )}
    </CopyButton>
  );
}
