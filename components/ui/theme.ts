import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';
import { adoptTyped } from './adopt-typed';

/** The only place of colors, type, spacing and radii. Other files use the variables, never literals. */

const accent: MantineColorsTuple = [
  '#eff7fc',
  '#dcedf8',
  '#b4d8ee',
  '#88c1e4',
  '#67b2de',
  '#3a97cb',
  '#1a7fb8',
  '#0b6a9e',
  '#0b5c8a',
  '#094a70',
];

const gray: MantineColorsTuple = [
  '#f7f8f9',
  '#eff1f3',
  '#e3e6e9',
  '#d6dade',
  '#c3c9cf',
  '#8b949d',
  '#6f7982',
  '#59636c',
  '#2b3138',
  '#14181c',
];

const dark: MantineColorsTuple = [
  '#e2e6ea',
  '#c2c9d0',
  '#a3adb7',
  '#7b8690',
  '#3a424a',
  '#2b3138',
  '#1c2126',
  '#14181c',
  '#0f1215',
  '#0a0c0e',
];

const red: MantineColorsTuple = [
  '#fdeeec',
  '#fbd9d5',
  '#f6b3ab',
  '#ff9b90',
  '#ff9b90',
  '#d64534',
  '#c2301f',
  '#b42318',
  '#961d14',
  '#7a1710',
];

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: 7,
  colors: { accent, gray, dark, red },
  black: gray[9],
  autoContrast: true,
  fontFamily: 'var(--font-geist-sans), system-ui, sans-serif',
  fontFamilyMonospace: 'var(--font-geist-mono), ui-monospace, monospace',
  fontSizes: { xs: '0.75rem', sm: '0.875rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.375rem' }, h2: { fontSize: '1rem' }, h3: { fontSize: '0.875rem' } },
  },
  defaultRadius: 'sm',
  radius: { sm: '6px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  // Configured by name instead of imported, so that a page loads only the components it shows.
  components: {
    Modal: {
      styles: { title: { fontWeight: 600, overflowWrap: 'anywhere' } },
      defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.4 }, transitionProps: { duration: 120 } },
    },
    Drawer: {
      styles: { title: { fontWeight: 600, overflowWrap: 'anywhere' } },
      defaultProps: { position: 'right', transitionProps: { duration: 120 } },
    },
    Menu: {
      defaultProps: {
        shadow: 'md',
        returnFocus: true,
        transitionProps: { duration: 80 },
        // Focuses the first item directly, so that the menu contains nothing but items.
        menuItemTabIndex: 0,
        withInitialFocusPlaceholder: false,
        // Inside the page's main landmark, where screen readers look for it.
        portalProps: { target: '#content' },
      },
    },
    // Otherwise the contrast of a filled button's text is computed for the light scheme only.
    Button: {
      vars: (_theme: unknown, { variant, color }: { variant?: string; color?: string }) => ({
        root:
          variant === undefined && color === undefined
            ? { '--button-color': 'var(--mantine-primary-color-contrast)' }
            : {},
      }),
    },
    Select: { defaultProps: { checkIconPosition: 'right' } },
    // All of Mantine's text fields are made of `Input`.
    Input: { defaultProps: { rootRef: adoptTyped } },
    Checkbox: { defaultProps: { rootRef: adoptTyped } },
    Switch: { defaultProps: { rootRef: adoptTyped } },
  },
});

/**
 * The colors by purpose. Text colors have a contrast of at least 4.5:1 on `--surface` and `--raised` of their scheme.
 */
export const variables: CSSVariablesResolver = () => ({
  // QR codes look the same in both schemes because a camera reads them.
  variables: { '--paper': '#ffffff', '--ink': '#000000' },
  light: {
    '--mantine-color-dimmed': gray[7],
    '--mantine-color-placeholder': gray[6],
    '--mantine-color-error': red[7],
    '--surface': '#ffffff',
    '--raised': gray[0],
    '--line': gray[2],
    '--line-strong': gray[4],
    '--text': gray[9],
    '--text-muted': gray[7],
    '--accent-text': accent[7],
    '--accent-soft': accent[0],
    '--ok': '#15703c',
    '--warn': '#8a5300',
    '--warn-soft': '#fdf3e1',
    '--bad': red[7],
    '--bad-soft': red[0],
  },
  dark: {
    '--mantine-color-body': dark[7],
    '--mantine-color-dimmed': dark[2],
    '--mantine-color-placeholder': '#8a949e',
    '--mantine-color-error': red[4],
    '--surface': dark[7],
    '--raised': dark[6],
    '--line': dark[5],
    '--line-strong': dark[4],
    '--text': dark[0],
    '--text-muted': dark[2],
    '--accent-text': accent[3],
    '--accent-soft': '#16303f',
    '--ok': '#6fd296',
    '--warn': '#f0b95a',
    '--warn-soft': '#33270f',
    '--bad': red[4],
    '--bad-soft': '#3a1c19',
  },
});
