import type { Settings } from '../../domain/field.ts'
import type { Environment } from '../../domain/purchase.ts'
import type { Answer, CredentialCheck } from '../destination.ts'
import { accountOf, originOf, REGIONS } from './fields.ts'
import { UPLOAD_PATH, upload } from './request.ts'

/**
 * `dryRun=1` is not on CleverTap's public pages, though its clients send it. So the record is one that CleverTap
 * refuses in any case (`ts` 0 is code 525): credentials are judged first, and nothing can be left behind in an account
 * from which nothing can be deleted.
 */
const PROBE = JSON.stringify({
  d: [{ type: 'event', evtName: 'tributary_credential_check', identity: 'tributary-check', ts: 0, evtData: {} }],
})

/**
 * One dry run at the region that is set, then one at each other region, whose answers count only when the first was
 * refused: who sends them may stop after an accepted one. null where the environment has no credentials.
 */
export function check(settings: Settings, environment: Environment, _nowMs: number): CredentialCheck | null {
  const account = accountOf(settings, environment)
  if (account === null) return null
  const own = REGIONS.find(({ value }) => value === settings.region) ?? REGIONS[0]
  const regions = [own, ...REGIONS.filter((region) => region !== own)]
  return {
    requests: regions.map(({ value }) => ({
      name: value,
      request: upload(originOf(value), account, `${UPLOAD_PATH}?dryRun=1`, PROBE),
    })),
    verdict: (answers) => {
      const [first] = answers
      if (first === undefined || first === null) {
        return { ok: null, message: `CleverTap did not answer at ${own.host}; check the network, then try again.` }
      }
      if (isAccepted(first)) return { ok: true, message: `CleverTap accepts the credentials in ${own.label}.` }
      if (!isRefused(first)) {
        return { ok: null, message: `CleverTap answered ${first.status} at ${own.host}; try again in a minute.` }
      }
      const others = regions.slice(1)
      const fitting = others.find((_, index) => isAccepted(answers[index + 1]))
      if (fitting !== undefined) {
        return {
          ok: false,
          message: `The credentials belong to ${fitting.label}; set the region to ${fitting.value}.`,
          suggestion: { region: fitting.value },
        }
      }
      const unheard = others.filter((_, index) => !isRefused(answers[index + 1]))
      const where = unheard.length === 0 ? 'in every region' : `in ${own.label}`
      return {
        ok: false,
        message: `CleverTap refuses the credentials ${where}; copy account id and passcode again from its settings.`,
      }
    },
  }
}

function isAccepted(answer: Answer | null | undefined): boolean {
  return answer !== null && answer !== undefined && answer.status >= 200 && answer.status < 300 && !isRefused(answer)
}

/** Also an answer of 200 whose body says 401, and 403. */
function isRefused(answer: Answer | null | undefined): boolean {
  if (answer === null || answer === undefined) return false
  if (answer.status === 401 || answer.status === 403) return true
  return answer.status === 200 && /"code"\s*:\s*"?40[13]\b/.test(answer.body)
}
