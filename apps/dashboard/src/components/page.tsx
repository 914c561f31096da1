import { Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './page.module.css';
import { DocumentTitle } from './document-title.js';

interface PageProps {
  /** Title of the page and the browser tab. */
  title: string;
  /** Replaces the title in the heading. */
  heading?: ReactNode;
  /** Breadcrumb above the heading. */
  above?: ReactNode;
  /** A sentence below the heading. */
  description?: ReactNode;
  /** Buttons next to the heading. */
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of every page: document title, h1, description and actions. */
export function Page({ title, heading, above, description, actions, children }: PageProps) {
  return (
    <Stack gap="md">
      <DocumentTitle>{title}</DocumentTitle>
      {above}
      <Group justify="space-between" align="flex-start" gap="sm">
        <div className={classes.title}>
          <Title order={1}>{heading ?? title}</Title>
          {description !== undefined && (
            <Text c="dimmed" mt={4}>
              {description}
            </Text>
          )}
        </div>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
