import { Button, CopyButton, Group, Stack, Text } from '@mantine/core';
import { Check, Copy, ExternalLink } from 'lucide-react';
import type { components } from '../../../generated/api.js';
import { JsonView } from '../../../components/json-view.js';
import { Time } from '../../../components/time.js';

/** Shows the new link once. */
export function PortalLinkResult({
  link: { url, expiresAt },
  isEmbeddable,
}: {
  link: components['schemas']['PortalLink'];
  /** Whether pages of an origin may embed it. */
  isEmbeddable: boolean;
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
        {isEmbeddable && <JsonView label="Embed code" value={embedCode(url)} />}
        <Text size="xs" c="dimmed" mt={4}>
          {isEmbeddable
            ? 'This link works until it expires. In your app, use the package @posthorn/portal, which creates a link for each visit and renews it.'
            : 'No page can embed this link. Create one with the origin of your app.'}
        </Text>
      </div>
    </Stack>
  );
}

function embedCode(url: string): string {
  return `<iframe\n  src="${url.replaceAll('&', '&amp;')}"\n  title="Webhooks"\n  allow="clipboard-write"\n  style="width: 100%; height: 100dvh; border: 0"\n></iframe>`;
}
