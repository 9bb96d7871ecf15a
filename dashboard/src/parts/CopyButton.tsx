import { ActionIcon, CopyButton as Copier, Group, Input, Text, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import classes from './CopyField.module.css'

/** Copies a text. `what` names it for those who do not see where the button stands: "Copy the address". */
export function CopyButton({ value, what }: { readonly value: string; readonly what: string }) {
  return (
    <Copier value={value} timeout={1_500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : `Copy ${what}`}>
          <ActionIcon
            variant="subtle"
            color={copied ? 'teal' : 'gray'}
            onClick={copy}
            aria-label={copied ? 'Copied' : `Copy ${what}`}
          >
            {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          </ActionIcon>
        </Tooltip>
      )}
    </Copier>
  )
}

interface CopyFieldProps {
  readonly label: string
  readonly value: string
  readonly help?: string
}

/** A text that is there to be copied: an address, a key that is shown once. */
export function CopyField({ label, value, help }: CopyFieldProps) {
  return (
    <Input.Wrapper label={label} description={help} labelElement="div">
      <Group className={classes.field} gap={4} wrap="nowrap" mt={4}>
        <Text
          className={classes.value}
          ff="monospace"
          size="sm"
          tabIndex={0}
          role="textbox"
          aria-label={label}
          aria-readonly
        >
          {value}
        </Text>
        <CopyButton value={value} what={label.toLowerCase()} />
      </Group>
    </Input.Wrapper>
  )
}
