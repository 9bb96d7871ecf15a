import { Text } from '@mantine/core'
import { moneyText } from './money.ts'

interface MoneyTextProps {
  /** null: not known, which is not 0. */
  readonly micros: number | null
  readonly currency: string
  readonly none?: string
}

export function MoneyText({ micros, currency, none = 'unknown' }: MoneyTextProps) {
  if (micros === null)
    return (
      <Text inherit span c="dimmed">
        {none}
      </Text>
    )
  return (
    <span className="figures" style={{ whiteSpace: 'nowrap' }}>
      {moneyText(micros, currency)}
    </span>
  )
}
