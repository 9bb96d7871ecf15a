import { Text } from '@mantine/core'
import type { HubEvent } from '../../api/events.ts'
import { Facts } from '../../parts/Facts.tsx'
import { MoneyText } from '../../parts/MoneyText.tsx'
import { Panel } from '../../parts/Panel.tsx'

const PPM = 1_000_000

/** `15 %` of parts of a million. */
function percentOf(ppm: number): string {
  return `${(ppm / 10_000).toLocaleString(undefined, { maximumFractionDigits: 2 })} %`
}

/** A share of an amount, exact in micros; rounded once. */
function shareOf(micros: number, ppm: number): number {
  const product = BigInt(micros) * BigInt(ppm)
  const half = BigInt(PPM / 2)
  return Number((product < 0n ? product - half : product + half) / BigInt(PPM))
}

/** What an event moved, and how the parts of it are known. */
export function MoneyOfEvent({ event }: { readonly event: HubEvent }) {
  const { money, price } = event
  const { gross_micros: gross, currency, commission_ppm: commission, tax_ppm: tax } = money
  if (gross === 0)
    return (
      <Panel title="Money">
        <Text size="sm" c="dimmed">
          No money moved.
        </Text>
      </Panel>
    )
  if (gross === null || currency === null)
    return (
      <Panel title="Money">
        <Text size="sm">The store has told no price, so the amount is unknown. It is not counted as 0.</Text>
      </Panel>
    )
  const [fee, taxes] = [shareOf(gross, commission), shareOf(gross, tax)]
  return (
    <Panel title="Money">
      <Facts
        facts={[
          ['Gross', <MoneyText key="gross" micros={gross} currency={currency} />],
          [`Commission, ${percentOf(commission)}`, <MoneyText key="fee" micros={fee} currency={currency} />],
          [`Taxes, ${percentOf(tax)}`, <MoneyText key="tax" micros={taxes} currency={currency} />],
          ['After both', <MoneyText key="net" micros={gross - fee - taxes} currency={currency} />],
          currency === 'USD' || price === null
            ? null
            : ['Gross in US dollars', <MoneyText key="usd" micros={Math.round(price * PPM)} currency="USD" />],
          currency === 'USD' || money.rate === null
            ? null
            : ['Rate', `1 ${currency} = ${money.rate} USD${money.rate_date === null ? '' : `, ${money.rate_date}`}`],
        ]}
      />
      {money.estimated && (
        <Text size="sm" c="dimmed" mt="sm">
          Commission and taxes are estimated by the rules of the project; the store gave no figures of its own.
        </Text>
      )}
      {money.rate_estimated && (
        <Text size="sm" c="dimmed" mt="sm">
          The rate is older than the purchase.
        </Text>
      )}
    </Panel>
  )
}
