import { Group, Kbd, Modal, Stack, Text } from '@mantine/core'
import { PAGES } from './pages.ts'

const KEYS: readonly (readonly [readonly string[], string])[] = [
  [['Ctrl / ⌘', 'K'], 'Search, go somewhere, or ask why somebody did not get an event'],
  ...PAGES.map(({ key, title }) => [['g', key], title] as const),
  [['↓', '↑'], 'From row to row of a list (also j and k)'],
  [['Enter'], 'Open the row'],
  [['?'], 'This help'],
]

export function Help({ onClose }: { readonly onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts">
      <Stack gap="xs">
        {KEYS.map(([keys, meaning]) => (
          <Group key={meaning} justify="space-between" wrap="nowrap">
            <Text size="sm">{meaning}</Text>
            <Group gap={4} wrap="nowrap">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </Group>
          </Group>
        ))}
      </Stack>
    </Modal>
  )
}
