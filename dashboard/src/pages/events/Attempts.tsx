import { Collapse, Group, Stack, Text, UnstyledButton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { useState } from 'react'
import type { AttemptOfEvent, Delivery } from '../../api/events.ts'
import { JsonView } from '../../parts/JsonView.tsx'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { durationText, msOf } from '../../parts/time.ts'
import classes from './Attempts.module.css'

interface AttemptsProps {
  readonly attempts: readonly AttemptOfEvent[]
  readonly delivery: Pick<Delivery, 'id' | 'attempts'>
}

/** The requests that carried a delivery, newest first, folded. */
export function Attempts({ attempts, delivery }: AttemptsProps) {
  const newest = [...attempts].sort((a, b) => msOf(b.at) - msOf(a.at))
  const gone = delivery.attempts - attempts.length
  if (newest.length === 0 && delivery.attempts === 0) return null
  return (
    <Stack gap={0} mt={4}>
      {newest.map((attempt) => (
        <OneAttempt key={attempt.id} attempt={attempt} delivery={delivery.id} />
      ))}
      {gone > 0 && (
        <Text size="xs" c="dimmed" mt={4}>
          {gone === 1 ? 'One older request is' : `${gone} older requests are`} not kept any more.
        </Text>
      )}
    </Stack>
  )
}

function OneAttempt({ attempt, delivery }: { readonly attempt: AttemptOfEvent; readonly delivery: string }) {
  const [open, setOpen] = useState(false)
  const outcomes = attempt.outcomes.map(outcomeOf).filter((one) => one.delivery === delivery)
  return (
    <div className={classes.attempt}>
      <UnstyledButton className={classes.head} onClick={() => setOpen(!open)} aria-expanded={open}>
        <IconChevronRight size={14} className={classes.chevron} data-open={open || undefined} aria-hidden />
        <span>
          {attempt.status === null ? 'No answer' : `Answer ${attempt.status}`} in {durationText(attempt.duration_ms)}
        </span>
        <span className={classes.quiet}>
          <TimeText at={attempt.at} />
        </span>
      </UnstyledButton>
      <Collapse expanded={open}>
        {open && (
          <Stack gap="xs" className={classes.inside}>
            {outcomes.map((one, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: records have no name of their own, and stay as they are
              <Group key={index} gap="xs">
                <StatusBadge status={one.outcome} />
                <Text size="sm">{[one.record, one.reason].filter((part) => part !== null).join(': ')}</Text>
              </Group>
            ))}
            <div className={classes.sides}>
              <JsonView value={opened(attempt.request)} label="Request" open={3} maxHeight={320} />
              <JsonView value={opened(attempt.response)} label="Response" open={3} maxHeight={320} />
            </div>
            <Text size="xs" c="dimmed">
              A request carries events of many customers at once; secrets are masked.
            </Text>
          </Stack>
        )}
      </Collapse>
    </div>
  )
}

interface Outcome {
  readonly delivery: string | null
  readonly record: string | null
  readonly outcome: string
  readonly reason: string | null
}

/** Written by versions of the hub that may be older than this page. */
function outcomeOf(value: unknown): Outcome {
  const given = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  const text = (key: string): string | null => (typeof given[key] === 'string' ? (given[key] as string) : null)
  return {
    delivery: text('delivery'),
    record: text('record'),
    outcome: text('outcome') ?? 'unknown',
    reason: text('reason'),
  }
}

/** Bodies are kept as the text that was sent; JSON in them is shown as JSON. */
function opened(message: unknown): unknown {
  if (typeof message !== 'object' || message === null) return message
  const { body } = message as { readonly body?: unknown }
  if (typeof body !== 'string') return message
  try {
    return { ...message, body: JSON.parse(body) as unknown }
  } catch {
    return message
  }
}
