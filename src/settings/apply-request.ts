import { z } from 'zod'
import { type ConfigDocument, documentFrom } from './document.ts'
import { nameOf, problemText } from './plan-text.ts'
import type { ApplyOptions, ApplyResult } from './service.ts'

/** `POST /api/apply`: what the command sends to the running hub, and what it answers. */

export interface ApplyRequest {
  readonly document: ConfigDocument
  readonly options: ApplyOptions
}

const bodySchema = z.strictObject({
  document: z.unknown(),
  prune: z.boolean().default(false),
  adopt: z.boolean().default(false),
  dry_run: z.boolean().default(false),
})

export function applyRequestJson({ document, options }: ApplyRequest): unknown {
  return { document, prune: options.prune, adopt: options.adopt, dry_run: options.dryRun }
}

/** A request's body; null when it is none. */
export function applyRequestFrom(json: unknown): ApplyRequest | null {
  const parsed = bodySchema.safeParse(json)
  const document = parsed.success ? documentFrom(parsed.data.document) : null
  if (!parsed.success || document === null) return null
  const { prune, adopt, dry_run: dryRun } = parsed.data
  return { document, options: { prune, adopt, dryRun } }
}

/** Status and body of the answer; refusals are problem+json (RFC 9457) with the result beside. */
export function applyAnswer(
  name: string,
  result: ApplyResult,
): { readonly status: number; readonly contentType: string; readonly body: unknown } {
  switch (result.kind) {
    case 'planned':
    case 'applied':
      return { status: 200, contentType: 'application/json', body: { result } }
    case 'problems': {
      const detail = result.problems.map((problem) => problemText(name, problem)).join('\n')
      return refusal(422, 'The config file has mistakes', detail, result)
    }
    case 'conflicts': {
      const detail = result.plan.conflicts.map((item) => `${nameOf(item)} ${item.reason ?? ''}`).join('\n')
      return refusal(409, 'The config file declares what is managed elsewhere', detail, result)
    }
  }
}

function refusal(
  status: number,
  title: string,
  detail: string,
  result: ApplyResult,
): { readonly status: number; readonly contentType: string; readonly body: unknown } {
  return {
    status,
    contentType: 'application/problem+json',
    body: { type: 'about:blank', status, title, detail, result },
  }
}

const text = z.string()
const line = z.object({ line: z.number(), path: text, message: text })
const item = z.object({
  kind: z.enum(['project', 'app', 'integration', 'secret key']),
  projectId: text,
  id: text,
  changes: z.array(z.object({ path: text, from: text.nullable(), to: text.nullable() })),
  reason: text.nullable(),
})
const items = z.array(item)
const plan = z.object({
  creates: items,
  updates: items,
  removes: items,
  unchanged: items,
  leftovers: items,
  conflicts: items,
  warnings: z.array(text),
})
const answerSchema = z.object({
  result: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('problems'), problems: z.array(line) }),
    z.object({ kind: z.literal('conflicts'), plan }),
    z.object({ kind: z.literal('planned'), plan }),
    z.object({ kind: z.literal('applied'), plan }),
  ]),
})

/** The hub's answer as a result again; null when it says something else (another program, a refused token). */
export function applyResultFrom(json: unknown): ApplyResult | null {
  const parsed = answerSchema.safeParse(json)
  return parsed.success ? parsed.data.result : null
}
