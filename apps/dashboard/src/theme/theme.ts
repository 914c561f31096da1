import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';
import { t } from '../i18n/t.js';

const indigo: MantineColorsTuple = [
  '#eef0ff',
  '#dfe3ff',
  '#c3c9fe',
  '#a3acfb',
  '#858ff5',
  '#666eee',
  '#4f53e0',
  '#4140c4',
  '#35349f',
  '#2d2d7d',
];

/** Neutral with a blue tint: text, dimmed text, lines, surfaces, page. */
const dark: MantineColorsTuple = [
  '#e4e6eb',
  '#c3c7d0',
  '#9aa0ad',
  '#767d8c',
  '#383c47',
  '#2b2f38',
  '#1f2229',
  '#17191f',
  '#121418',
  '#0c0d10',
];

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 6 },
  autoContrast: true,
  respectReducedMotion: true,
  colors: { accent: indigo, dark },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.25rem', lineHeight: '1.4' },
      h2: { fontSize: '1rem', lineHeight: '1.5' },
      h3: { fontSize: '0.875rem', lineHeight: '1.5' },
    },
  },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2rem' },
  defaultRadius: 'md',
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '10px', xl: '16px' },
  cursorType: 'pointer',
  components: {
    Modal: {
      defaultProps: {
        centered: true,
        radius: 'lg',
        overlayProps: { backgroundOpacity: 0.4 },
        closeButtonProps: { 'aria-label': t('Close') },
        styles: { title: { fontWeight: 600 } },
        // A <header> would count as a second banner landmark.
        attributes: { header: { role: 'none' } },
      },
    },
    InputWrapper: { styles: { label: { marginBottom: 4 } } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': t('Dismiss') } } },
    Tooltip: { defaultProps: { openDelay: 250, withArrow: true } },
    Select: {
      defaultProps: {
        comboboxProps: { shadow: 'md', withinPortal: false },
        checkIconPosition: 'right',
        // Let the list itself scroll, so that the arrow keys scroll it.
        withScrollArea: false,
        styles: { options: { maxHeight: 260, overflowY: 'auto' } },
      },
    },
  },
});

/** Replaces Mantine's grays and reds, whose contrast is below WCAG AA on our surfaces. */
export const contrast: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-text': '#1b1e25',
    '--mantine-color-dimmed': '#5a6170',
    '--mantine-color-placeholder': '#6a7180',
    '--mantine-color-error': '#b4232c',
    '--mantine-color-default-border': '#d6d9e0',
  },
  dark: {
    '--mantine-color-text': '#e4e6eb',
    '--mantine-color-dimmed': '#9aa0ad',
    '--mantine-color-placeholder': '#858c9a',
    '--mantine-color-error': '#ff8087',
    '--mantine-color-anchor': '#a3acfb',
  },
});
