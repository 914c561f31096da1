import { Button, CopyButton, Group, Stack, Text } from '@mantine/core';
import { Check, Copy, ExternalLink } from 'lucide-react';
import type { components } from '../../generated/api.js';
import { JsonView } from '../../components/json-view.js';
import { Time } from '../../components/time.js';

/** Shows the new link once. */
export function PortalLinkResult({
  link: { url, expiresAt },
}: {
  link: components['schemas']['PortalLink'];
}) {
  return (
    <Stack>
      <Text>
        Anyone with this link has the access it grants. It expires on <Time at={expiresAt} /> and won&apos;t
        be shown again.
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
              {copied ? 'Copied' : 'Copy link'}
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
          Open portal
        </Button>
      </Group>
      <div>
        <Text fw={500} mb={4}>
          Embed in your app
        </Text>
        <JsonView label="Embed code" value={embedCode(url)} />
        <Text size="xs" c="dimmed" mt={4}>
          Create a new link for each visit, with your app&apos;s origin in parentOrigins. Better, use the
          package @posthorn/portal, which also renews the link.
        </Text>
      </div>
    </Stack>
  );
}

function embedCode(url: string): string {
  return `<iframe\n  src="${url.replaceAll('&', '&amp;')}"\n  title="Webhooks"\n  allow="clipboard-write"\n  style="width: 100%; height: 800px; border: 0"\n></iframe>`;
}
