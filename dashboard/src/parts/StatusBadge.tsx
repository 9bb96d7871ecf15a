import { Badge } from '@mantine/core'
import {
  type Icon,
  IconAlertTriangle,
  IconArrowForwardUp,
  IconCheck,
  IconCircleDashed,
  IconClock,
  IconGift,
  IconHourglass,
  IconPlayerPause,
  IconSend,
  IconX,
} from '@tabler/icons-react'

interface Look {
  readonly color: string
  readonly icon: Icon
  readonly text?: string
}

/** Deliveries, channels, notifications, verdicts, states of subscriptions. A word and a sign, never colour alone. */
const LOOKS: Readonly<Record<string, Look>> = {
  delivered: { color: 'teal', icon: IconCheck },
  open: { color: 'teal', icon: IconCheck, text: 'running' },
  ok: { color: 'teal', icon: IconCheck },
  understood: { color: 'teal', icon: IconCheck },
  active: { color: 'teal', icon: IconCheck },
  confirmed: { color: 'teal', icon: IconCheck },
  trial: { color: 'river', icon: IconHourglass },
  cancelled_trial: { color: 'yellow', icon: IconHourglass, text: 'trial, cancelled' },
  grace_period_trial: { color: 'red', icon: IconAlertTriangle, text: 'trial, billing issue' },
  intro: { color: 'teal', icon: IconCheck, text: 'introductory' },
  promotional: { color: 'river', icon: IconGift, text: 'granted' },
  expired_promotional: { color: 'gray', icon: IconCircleDashed, text: 'grant ended' },
  bought: { color: 'teal', icon: IconCheck },
  cancelled: { color: 'yellow', icon: IconX },
  grace_period: { color: 'red', icon: IconAlertTriangle, text: 'billing issue' },
  waiting: { color: 'river', icon: IconClock },
  sending: { color: 'river', icon: IconSend },
  backing_off: { color: 'yellow', icon: IconClock, text: 'backing off' },
  in_grace_period: { color: 'yellow', icon: IconClock, text: 'grace period' },
  unconfirmed: { color: 'yellow', icon: IconCircleDashed },
  paused: { color: 'yellow', icon: IconPlayerPause },
  off: { color: 'gray', icon: IconCircleDashed },
  skipped: { color: 'gray', icon: IconArrowForwardUp },
  ignored: { color: 'gray', icon: IconArrowForwardUp },
  not_sent: { color: 'gray', icon: IconArrowForwardUp, text: 'not sent' },
  no_event: { color: 'gray', icon: IconCircleDashed, text: 'no such event' },
  no_customer: { color: 'gray', icon: IconCircleDashed, text: 'no such customer' },
  expired: { color: 'gray', icon: IconCircleDashed },
  failed: { color: 'red', icon: IconX },
  parked: { color: 'red', icon: IconAlertTriangle },
  refused: { color: 'red', icon: IconX },
  billing_issue: { color: 'red', icon: IconAlertTriangle, text: 'billing issue' },
}

/** Words that are not in the table stand as they are, in grey. */
export function StatusBadge({ status, text }: { readonly status: string; readonly text?: string }) {
  const look: Look = LOOKS[status] ?? { color: 'gray', icon: IconCircleDashed }
  const Sign = look.icon
  return (
    <Badge
      variant="light"
      color={look.color}
      leftSection={<Sign size={12} aria-hidden />}
      tt="none"
      fw={500}
      radius="sm"
      autoContrast
    >
      {text ?? look.text ?? status.replaceAll('_', ' ')}
    </Badge>
  )
}
