import { ThemeIcon } from '@mantine/core'
import {
  type Icon,
  IconAlertTriangle,
  IconArrowBackUp,
  IconArrowsExchange,
  IconBolt,
  IconCalendarPlus,
  IconCircleOff,
  IconCircleX,
  IconHourglass,
  IconHourglassOff,
  IconPlayerPause,
  IconReceipt,
  IconReceiptRefund,
  IconRefresh,
  IconShoppingBag,
  IconShoppingCart,
  IconStar,
  IconUserShare,
} from '@tabler/icons-react'

const SIGNS: Readonly<Record<string, readonly [Icon, string]>> = {
  initial_purchase: [IconShoppingCart, 'teal'],
  trial_started: [IconHourglass, 'river'],
  trial_converted: [IconStar, 'teal'],
  trial_cancelled: [IconHourglassOff, 'yellow'],
  renewal: [IconRefresh, 'teal'],
  cancellation: [IconCircleX, 'yellow'],
  uncancellation: [IconArrowBackUp, 'teal'],
  non_subscription_purchase: [IconShoppingBag, 'teal'],
  subscription_paused: [IconPlayerPause, 'yellow'],
  expiration: [IconCircleOff, 'gray'],
  billing_issue: [IconAlertTriangle, 'red'],
  product_change: [IconArrowsExchange, 'river'],
  TRANSFER: [IconUserShare, 'river'],
  SUBSCRIPTION_EXTENDED: [IconCalendarPlus, 'river'],
  REFUND: [IconReceiptRefund, 'red'],
  REFUND_REVERSED: [IconReceipt, 'teal'],
}

/** The sign of a kind of event; the words stand beside it. */
export function EventSign({ event, size = 26 }: { event: { name: string | null; type: string }; size?: number }) {
  const [Sign, color] = SIGNS[event.name ?? event.type] ?? [IconBolt, 'gray']
  return (
    <ThemeIcon variant="light" color={color} size={size} radius="md" aria-hidden style={{ flex: 'none' }}>
      <Sign size={Math.round(size * 0.6)} stroke={1.7} />
    </ThemeIcon>
  )
}
