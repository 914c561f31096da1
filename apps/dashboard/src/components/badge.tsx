import type { LucideIcon } from 'lucide-react';
import classes from './badge.module.css';

export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'calm';

interface BadgeProps {
  tone: Tone;
  icon: LucideIcon;
  label: string;
}

/** A label with an icon and a tone. The color alone never carries the meaning. */
export function Badge({ tone, icon: Icon, label }: BadgeProps) {
  return (
    <span className={classes.badge} data-tone={tone}>
      <Icon size={13} strokeWidth={2.25} aria-hidden />
      {label}
    </span>
  );
}
