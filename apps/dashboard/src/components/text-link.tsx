import { Anchor } from '@mantine/core';
import { createLink } from '@tanstack/react-router';

/** An inline link to another page. */
export const TextLink = createLink(Anchor<'a'>);
