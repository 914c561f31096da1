import { Button, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ComponentProps } from 'react';

type AnchorProps = Omit<ComponentProps<'a'>, keyof ButtonProps>;

function ButtonAnchor(props: ButtonProps & AnchorProps) {
  return <Button component="a" {...props} />;
}

/** A link styled as a button. */
export const LinkButton = createLink(ButtonAnchor);
