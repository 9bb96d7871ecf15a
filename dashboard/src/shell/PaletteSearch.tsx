import { Loader, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { type Icon, IconActivity, IconHelpHexagon, IconSearch, IconUser } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { api, bodyOf } from '../api/client.ts'
import { sentenceOf } from '../api/problem.ts'
import { useProject } from '../project.ts'
import classes from './Palette.module.css'
import { PAGES } from './pages.ts'

interface Choice {
  readonly key: string
  readonly group: string
  readonly icon: Icon
  readonly text: string
  readonly more?: string
  readonly act: () => void
}

interface PaletteSearchProps {
  readonly onClose: () => void
  readonly onWhy: (customer: string, event: string) => void
}

const PAUSE_MS = 180
const MOST_CUSTOMERS = 6

/** A line and what it finds: a combobox, so that the keys never leave the line. */
export function PaletteSearch({ onClose, onWhy }: PaletteSearchProps) {
  const [text, setText] = useState('')
  const [active, setActive] = useState(0)
  const list = useId()
  const line = useRef<HTMLInputElement>(null)
  // At once: the dialog would give the focus a moment later, and the first letters would be lost.
  useEffect(() => line.current?.focus(), [])
  const { choices, busy, error } = useChoices(text.trim(), onClose, onWhy)
  const chosen = choices[Math.min(active, choices.length - 1)]
  const press = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      const next = (Math.min(active, choices.length - 1) + step + choices.length) % Math.max(1, choices.length)
      setActive(next)
      document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: 'nearest' })
    }
    if (event.key === 'Enter' && chosen !== undefined) {
      event.preventDefault()
      chosen.act()
    }
  }
  return (
    <>
      <div className={classes.line}>
        <IconSearch size={18} aria-hidden />
        <input
          ref={line}
          data-autofocus
          className={classes.input}
          role="combobox"
          aria-label="A page, a customer, an event, or a question"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={chosen === undefined ? undefined : `${list}-${choices.indexOf(chosen)}`}
          placeholder="A page, a customer, an event id, or why…"
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            setActive(0)
          }}
          onKeyDown={press}
          autoComplete="off"
          spellCheck={false}
        />
        {busy && <Loader size="xs" aria-label="Searching" />}
      </div>
      <div id={list} role="listbox" aria-label="What was found" className={classes.list}>
        {choices.map((choice, index) => (
          <Row
            key={choice.key}
            id={`${list}-${index}`}
            choice={choice}
            active={choice === chosen}
            heading={choices[index - 1]?.group === choice.group ? null : choice.group}
            onHover={() => setActive(index)}
          />
        ))}
      </div>
      {error !== null && (
        <Text size="xs" c="var(--mantine-color-error)" px="md" pb="sm" role="alert">
          {error}
        </Text>
      )}
    </>
  )
}

interface RowProps {
  readonly id: string
  readonly choice: Choice
  readonly active: boolean
  readonly heading: string | null
  readonly onHover: () => void
}

function Row({ id, choice, active, heading, onHover }: RowProps) {
  const Sign = choice.icon
  return (
    <>
      {heading !== null && (
        <div className={classes.heading} role="presentation">
          {heading}
        </div>
      )}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the line, which keeps the focus */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: aria-activedescendant of the line points here */}
      <div
        id={id}
        role="option"
        aria-selected={active}
        className={classes.choice}
        onClick={choice.act}
        onMouseMove={active ? undefined : onHover}
      >
        <Sign size={18} stroke={1.6} aria-hidden />
        <span className={classes.text}>{choice.text}</span>
        {choice.more !== undefined && <span className={classes.more}>{choice.more}</span>}
      </div>
    </>
  )
}

function useChoices(text: string, onClose: () => void, onWhy: PaletteSearchProps['onWhy']) {
  const { id } = useProject()
  const navigate = useNavigate()
  const [asked] = useDebouncedValue(text, PAUSE_MS)
  const question = questionOf(text)
  const search = question === null && asked.length > 0
  const found = useQuery({
    queryKey: ['customers', id, 'palette', asked],
    queryFn: () =>
      bodyOf(
        api.GET('/api/projects/{project}/customers', {
          params: { path: { project: id }, query: { query: asked, limit: MOST_CUSTOMERS } },
        }),
      ),
    enabled: search,
  })
  const go = (act: () => Promise<void>) => (): void => {
    onClose()
    void act()
  }
  const pages = PAGES.filter(({ title }) => title.toLowerCase().includes(text.toLowerCase())).map(
    ({ to, title, icon, key }): Choice => ({
      key: to,
      group: 'Pages',
      icon,
      text: title,
      more: `g ${key}`,
      act: go(() => navigate({ to, params: { project: id } })),
    }),
  )
  const customers = (search ? (found.data?.items ?? []) : []).map(
    ({ original_app_user_id, last_seen_app_user_id }): Choice => ({
      key: `customer ${original_app_user_id}`,
      group: 'Customers',
      icon: IconUser,
      text: last_seen_app_user_id,
      act: go(() => navigate({ to: '/$project/customers/$id', params: { project: id, id: original_app_user_id } })),
    }),
  )
  const event = /^evt_\w{6,80}$/.test(text)
    ? [
        {
          key: 'event',
          group: 'Events',
          icon: IconActivity,
          text: `Open the event ${text}`,
          act: go(() => navigate({ to: '/$project/events/$id', params: { project: id, id: text } })),
        },
      ]
    : []
  const subject = question?.customer ?? (event.length > 0 || pages.length > 0 ? '' : text)
  const why: Choice = {
    key: 'why',
    group: 'Questions',
    icon: IconHelpHexagon,
    text: `Why did ${subject === '' ? 'somebody' : subject} not get ${question === null || question.event === '' ? 'an event' : question.event}?`,
    act: () => onWhy(subject, question?.event ?? ''),
  }
  const choices: readonly Choice[] = question === null ? [...event, ...customers, ...pages, why] : [why]
  return { choices, busy: search && found.isFetching, error: found.isError && search ? sentenceOf(found.error) : null }
}

/** "why did ana not get trial cancelled?", as far as it is typed. */
function questionOf(text: string): { readonly customer: string; readonly event: string } | null {
  if (!/^why\b/i.test(text)) return null
  const [, customer = '', event = ''] =
    /^why (?:did(?:n't)? )?(\S+)(?: (?:not |never )?(?:get|receive) (.*?))?\??$/i.exec(text) ?? []
  return { customer: /^did(n't)?$/i.test(customer) ? '' : customer, event: event.trim() }
}
