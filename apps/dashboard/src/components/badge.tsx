import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import classes from './badge.module.css';

export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'calm';

interface BadgeProps {
  tone: Tone;
  icon: LucideIcon;
  children: ReactNode;
}

/** A label with an icon and a tone. The color alone never carries the meaning. */
export function Badge({ tone, icon: Icon, children }: BadgeProps) {
  return (
    <span className={classes.badge} data-tone={tone}>
      <Icon size={13} strokeWidth={2.25} aria-hidden />
      {children}
    </span>
  );
}
