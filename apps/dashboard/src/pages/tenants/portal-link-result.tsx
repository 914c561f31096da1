import { Button, CopyButton, Group, Stack, Text } from '@mantine/core';
import { Check, Copy, ExternalLink } from 'lucide-react';
import type { components } from '../../generated/api.js';
import { JsonView } from '../../components/json-view.js';
import { Time } from '../../components/time.js';

/** The link, which is shown this once. */
export function PortalLinkResult({
  link: { url, expiresAt },
}: {
  link: components['schemas']['PortalLink'];
}) {
  return (
    <Stack>
      <Text>
        Whoever has it may do what it may. It works until <Time at={expiresAt} />, and is shown this once.
      </Text>
      <JsonView label="Link" value={url} />
      <Group gap="xs" grow>
        <CopyButton value={url}>
          {({ copied, copy }) => (
            <Button
              onClick={copy}
              data-autofocus
              leftSection={copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
            >
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button
          component="a"
          href={url}
          target="_blank"
          rel="noopener noreferrer"
          variant="default"
          leftSection={<ExternalLink size={16} aria-hidden />}
        >
          Open
        </Button>
      </Group>
      <div>
        <Text fw={500} mb={4}>
          In a page of yours
        </Text>
        <JsonView label="Frame" value={frameOf(url)} />
        <Text size="xs" c="dimmed" mt={4}>
          Your page makes a link for each visit. Its origin must be in POSTHORN_PORTAL_FRAME_ANCESTORS.
        </Text>
      </div>
    </Stack>
  );
}

function frameOf(url: string): string {
  return `<iframe\n  src="${url.replaceAll('&', '&amp;')}"\n  title="Webhooks"\n  allow="clipboard-write"\n  style="width: 100%; height: 800px; border: 0"\n></iframe>`;
}
