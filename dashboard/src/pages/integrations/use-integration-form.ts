import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { DestinationConnector } from '../../api/connectors.ts'
import type { FieldValues } from '../../api/field.ts'
import {
  changeIntegration,
  confirmIntegration,
  createIntegration,
  type Integration,
  refreshIntegrations,
  type Tried,
} from '../../api/integrations.ts'
import { ApiProblem, type FieldError } from '../../api/problem.ts'
import { changedSettings, errorsElsewhere } from '../../parts/form/values.ts'
import { sayDone, sayFailed } from '../../parts/notify.ts'
import { useProject } from '../../project.ts'
import { changesOf, type Draft, draftOf, eventNamesOf, type Names } from './draft.ts'

interface FormOptions {
  readonly destination: DestinationConnector
  readonly integration: Integration | null
  readonly onSaved: (integration: Integration) => void
}

export interface FormState {
  readonly draft: Draft
  readonly dirty: boolean
  /** As it is at this moment, also within an act that has just saved. */
  readonly isDirty: () => boolean
  /** Why the hub did not take it. */
  readonly problem: ApiProblem | null
  readonly setProblem: (problem: ApiProblem | null) => void
  /** Faults that no field shows. */
  readonly elsewhere: readonly FieldError[]
  readonly isTroubled: (places: readonly string[]) => boolean
  readonly setOwn: (own: FieldValues) => void
  readonly setSettings: (settings: FieldValues) => void
  readonly setNames: (names: Names) => void
  readonly tried: Tried
  readonly eventNames: Readonly<Record<string, string>>
  readonly suggest: (settings: Readonly<Record<string, string>>) => Tried
  /** "I saw it"; null: nothing is to be confirmed, or it is noted already. */
  readonly confirm: (() => void) | null
  readonly confirming: boolean
  /** It was seen with the settings that the form holds, and is kept with them. */
  readonly seen: boolean
  readonly save: () => void
  readonly saving: boolean
  readonly discard: () => void
}

export function useIntegrationForm({ destination, integration, onSaved }: FormOptions): FormState {
  const { id: project } = useProject()
  const [stored, setStored] = useState(integration)
  const before = draftOf(stored)
  const [draft, setDraft] = useState(before)
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const [seenWith, setSeenWith] = useState<string | null>(null)
  const changes = changesOf(destination, before, draft)
  const dirty = Object.keys(changes).length > 0
  const left = useRef(false)

  const triedWith = ({ settings, own }: Draft): Tried => ({
    ...(stored === null ? {} : { id: stored.id }),
    destination: destination.id,
    settings: withoutNull(stored === null, changedSettings(destination.fields, before.settings, settings)),
    ...(typeof own.sandbox === 'boolean' ? { sandbox: own.sandbox } : {}),
  })
  const tried = triedWith(draft)
  const settled = (saved: Integration): void => {
    setStored(saved)
    setDraft(draftOf(saved))
    setProblem(null)
    setSeenWith(null)
  }
  const seen = seenWith === JSON.stringify(tried)

  const save = useMutation({
    mutationFn: async () => {
      const saved =
        stored === null
          ? await createIntegration(project, { ...changes, settings: tried.settings, destination: destination.id })
          : await changeIntegration(project, stored.id, changes)
      return seen ? confirmIntegration(project, saved.id) : saved
    },
    onSuccess: async (saved) => {
      left.current = true
      sayDone(stored === null ? `${destination.title} is added.` : 'The changes are saved.')
      await refreshIntegrations(project)
      settled(saved)
      onSaved(saved)
      left.current = stored === null
    },
    onError: (error) => (error instanceof ApiProblem ? setProblem(error) : sayFailed(error)),
  })
  const confirm = useMutation({
    mutationFn: (id: string) => confirmIntegration(project, id),
    onSuccess: async (saved) => {
      setStored(saved)
      sayDone(`${destination.title} is confirmed.`)
      await refreshIntegrations(project)
    },
    onError: sayFailed,
  })
  const isStored = stored !== null && Object.keys(tried.settings).length === 0
  const needed = destination.confirm !== null && !seen && !(isStored && stored.confirmed_at !== null)

  return {
    draft,
    dirty,
    isDirty: () => dirty && !left.current,
    problem,
    setProblem,
    elsewhere: elsewhereOf(problem, destination),
    isTroubled: (places) =>
      problem?.errors.some(({ at }) => places.some((place) => at === place || at.startsWith(`${place}.`))) ?? false,
    setOwn: (own) => setDraft((held) => ({ ...held, own })),
    setSettings: (settings) => setDraft((held) => ({ ...held, settings })),
    setNames: (names) => setDraft((held) => ({ ...held, names })),
    tried,
    eventNames: eventNamesOf(draft.names),
    suggest: (settings) => {
      const next = { ...draft, settings: { ...draft.settings, ...settings } }
      setDraft(next)
      return triedWith(next)
    },
    confirm: needed ? () => (isStored ? confirm.mutate(stored.id) : setSeenWith(JSON.stringify(tried))) : null,
    confirming: confirm.isPending,
    seen,
    save: () => save.mutate(),
    saving: save.isPending,
    discard: () => {
      setDraft(before)
      setProblem(null)
    },
  }
}

/** Nothing is there yet that null could clear. */
function withoutNull(fresh: boolean, settings: FieldValues): FieldValues {
  return fresh ? Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null)) : settings
}

/** Those that neither a field nor the table of names shows. What a test event lacks is said beside its button. */
function elsewhereOf(problem: ApiProblem | null, { fields, integration_fields, event_names }: DestinationConnector) {
  const shown = new Set([
    ...integration_fields.map(({ key }) => key),
    ...event_names.map(({ key }) => `event_names.${key}`),
    ...['event', 'environment', 'app_user_id'],
  ])
  return errorsElsewhere(problem?.errors ?? [], 'settings', fields).filter(({ at }) => !shown.has(at))
}
