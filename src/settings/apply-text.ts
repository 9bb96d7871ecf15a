import { type AppliedAct, actsOf } from './applied.ts'
import { type ConfigDocument, documentFrom, type FileSources, type Problem, readDocument } from './document.ts'
import type { Plan } from './plan.ts'
import { changeTexts, nameOf, noteTexts, problemText } from './plan-text.ts'
import type { ApplyOptions, ApplyResult, SettingsService } from './service.ts'

/** What `POST /api/apply` says, in texts that hold no secret. */
export type ApplyOutcome =
  | {
      readonly kind: 'planned'
      readonly applied: boolean
      /** One for each thing that changes; empty when the file says what is already so. */
      readonly changes: readonly string[]
      /** What stays although no file declares it, and warnings. */
      readonly notes: readonly string[]
      /** What was done, for the audit log: none where nothing was applied. */
      readonly acts: readonly AppliedAct[]
    }
  /** Nothing was changed; each fault names its line or its thing. */
  | { readonly kind: 'refused'; readonly faults: readonly string[] }

const MARK = 'tributary_document'

/** A document as the text that the command sends: JSON, which is YAML too. */
export function documentText(document: ConfigDocument): string {
  return JSON.stringify({ [MARK]: document })
}

/**
 * Applies what a request carries: the document of the command, or a plain config file. Files and variables of the hub's
 * own machine are not filled in for a request.
 */
export async function applyText(service: SettingsService, text: string, options: ApplyOptions): Promise<ApplyOutcome> {
  const sent = documentIn(text)
  const read = sent === null ? readDocument(text, SEALED_SOURCES) : ({ kind: 'document', document: sent } as const)
  if (read.kind === 'problems') return refused('config file', read.problems)
  return outcomeOf(read.document.name, await service.apply(read.document, options))
}

export function outcomeOf(name: string, result: ApplyResult): ApplyOutcome {
  switch (result.kind) {
    case 'problems':
      return refused(name, result.problems)
    case 'conflicts':
      return { kind: 'refused', faults: result.plan.conflicts.map((item) => `${nameOf(item)} ${item.reason ?? ''}.`) }
    case 'planned':
    case 'applied':
      return planned(result.plan, result.kind === 'applied')
  }
}

function planned(plan: Plan, applied: boolean): ApplyOutcome {
  return {
    kind: 'planned',
    applied,
    changes: changeTexts(plan),
    notes: noteTexts(plan),
    acts: applied ? actsOf(plan) : [],
  }
}

function refused(name: string, problems: readonly Problem[]): ApplyOutcome {
  return { kind: 'refused', faults: problems.map((problem) => problemText(name, problem)) }
}

const SEALED_SOURCES: FileSources = { name: 'config file', env: () => undefined, file: () => null }

function documentIn(text: string): ConfigDocument | null {
  if (!text.startsWith(`{"${MARK}":`)) return null
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null && MARK in json ? documentFrom(json[MARK]) : null
  } catch {
    return null
  }
}
