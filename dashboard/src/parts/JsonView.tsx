import { Group, ScrollArea, Text, UnstyledButton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { useState } from 'react'
import { CopyButton } from './CopyButton.tsx'
import classes from './JsonView.module.css'

interface JsonViewProps {
  readonly value: unknown
  /** Names it: "Event", "Request". */
  readonly label: string
  /** How many levels are open at first; default 2. */
  readonly open?: number
  readonly maxHeight?: number
}

/** JSON to look at: levels fold, the whole is copied with one button. */
export function JsonView({ value, label, open = 2, maxHeight = 520 }: JsonViewProps) {
  const text = JSON.stringify(value, null, 2)
  return (
    <section className={classes.frame} aria-label={label}>
      <Group justify="space-between" className={classes.head}>
        <Text size="xs" c="dimmed" fw={500}>
          {label}
        </Text>
        <CopyButton value={text} what={label.toLowerCase()} />
      </Group>
      <ScrollArea.Autosize
        mah={maxHeight}
        type="auto"
        viewportProps={{ tabIndex: 0, 'aria-label': `${label} as JSON` }}
      >
        <div className={classes.body}>
          <Node name={null} value={value} open={open} last />
        </div>
      </ScrollArea.Autosize>
    </section>
  )
}

interface NodeProps {
  readonly name: string | null
  readonly value: unknown
  readonly open: number
  readonly last: boolean
}

function Node({ name, value, open, last }: NodeProps) {
  const [shown, setShown] = useState(open > 0)
  const end = last ? '' : ','
  const label = name === null ? null : <span className={classes.key}>{JSON.stringify(name)}: </span>
  if (typeof value !== 'object' || value === null)
    return (
      <div className={classes.line}>
        {label}
        <span data-kind={value === null ? 'null' : typeof value} className={classes.value}>
          {JSON.stringify(value)}
        </span>
        {end}
      </div>
    )
  const list = Array.isArray(value)
  const entries: readonly (readonly [string | null, unknown])[] = list
    ? value.map((one: unknown) => [null, one] as const)
    : Object.entries(value)
  const [first, closing] = list ? ['[', ']'] : ['{', '}']
  if (entries.length === 0)
    return (
      <div className={classes.line}>
        {label}
        {`${first}${closing}${end}`}
      </div>
    )
  return (
    <div>
      <UnstyledButton className={classes.fold} onClick={() => setShown(!shown)} aria-expanded={shown}>
        <IconChevronRight size={12} className={classes.chevron} data-open={shown || undefined} aria-hidden />
        {label}
        {shown ? first : `${first} ${entries.length} … ${closing}${end}`}
      </UnstyledButton>
      {shown && (
        <>
          <div className={classes.inner}>
            {entries.map(([key, one], index) => (
              <Node key={key ?? index} name={key} value={one} open={open - 1} last={index === entries.length - 1} />
            ))}
          </div>
          <div className={classes.line}>{`${closing}${end}`}</div>
        </>
      )}
    </div>
  )
}
