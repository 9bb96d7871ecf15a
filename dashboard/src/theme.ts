import { createTheme, type MantineColorsTuple, rem } from '@mantine/core'

/** Water in the shade: shade 6 carries white text at 5.3:1, shade 3 stands on the dark ground at 8:1. */
const river: MantineColorsTuple = [
  '#eef6f9',
  '#dcebf1',
  '#b6d7e3',
  '#8dc2d5',
  '#6aafc8',
  '#4290ad',
  '#1f6f8d',
  '#195d77',
  '#144b60',
  '#0e3646',
]

/** Greys with a drop of the same water, so that the two grounds belong together. */
const dark: MantineColorsTuple = [
  '#d5dade',
  '#b3bbc1',
  '#98a2a9',
  '#6c7780',
  '#3c464e',
  '#2c353c',
  '#222a30',
  '#191f24',
  '#13181c',
  '#0d1114',
]

const NO_BANNER = { header: { role: 'presentation' } } as const

export const theme = createTheme({
  primaryColor: 'river',
  primaryShade: { light: 6, dark: 6 },
  colors: { river, dark },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  defaultRadius: 'md',
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: rem(24), lineHeight: '1.3' },
      h2: { fontSize: rem(18), lineHeight: '1.35' },
      h3: { fontSize: rem(15), lineHeight: '1.4' },
    },
  },
  components: {
    // The head of a dialog is no second banner of the page.
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' }, centered: true, attributes: NO_BANNER } },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' }, attributes: NO_BANNER } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, events: { hover: true, focus: true, touch: true } } },
    Paper: { defaultProps: { withBorder: true, radius: 'md' } },
    Card: { defaultProps: { withBorder: true, radius: 'md' } },
  },
})
