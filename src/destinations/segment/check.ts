import type { Settings } from '../../domain/field.ts'
import type { Environment } from '../../domain/purchase.ts'
import type { Answer, CredentialCheck } from '../destination.ts'
import { hasSandboxKey, REGIONS, type Region, regionOf, writeKeyOf } from './fields.ts'

const CONFIRM = 'Segment answers 200 to anything, so send the test event and confirm it in the debugger of the source.'

/**
 * Segment's tracking API takes calls under any key; only the settings of a source, which its CDN serves for both
 * regions, tell whether a key exists. null where no key is set.
 */
export function check(settings: Settings, environment: Environment): CredentialCheck | null {
  const key = writeKeyOf(settings, environment)
  if (key === '') return null
  const name = environment === 'sandbox' && hasSandboxKey(settings) ? 'Sandbox Write Key' : 'Segment Write Key'
  return {
    requests: [
      {
        name,
        request: {
          remote: 'segment_cdn',
          origin: 'https://cdn.segment.com',
          method: 'GET',
          path: `/v1/projects/${encodeURIComponent(key)}/settings`,
          headers: { accept: 'application/json' },
          body: '',
        },
      },
    ],
    verdict: (answers) => verdictOf(answers[0] ?? null, name, regionOf(settings).value),
  }
}

function verdictOf(answer: Answer | null, name: string, region: Region): ReturnType<CredentialCheck['verdict']> {
  if (answer === null) {
    return { ok: null, message: `The ${name} could not be checked, cdn.segment.com did not answer; try again later.` }
  }
  if (answer.status === 404) {
    return {
      ok: false,
      message: `Segment knows no source with this ${name}; copy it again from the source's API Keys.`,
    }
  }
  if (answer.status !== 200) {
    return {
      ok: null,
      message: `The ${name} could not be checked, cdn.segment.com answered ${answer.status}; try again later.`,
    }
  }
  const told = regionTold(answer.body)
  if (told !== null && told !== region) {
    const { label } = REGIONS.find(({ value }) => value === told) ?? REGIONS[0]
    return {
      ok: false,
      message: `The ${name} exists, but its source is in ${label}; choose that region.`,
      suggestion: { region: told },
    }
  }
  return { ok: true, message: `The ${name} exists. ${CONFIRM}` }
}

/**
 * The EU region where the source's settings name its host; null otherwise, since the US host is also what a source
 * says that was never given another.
 */
function regionTold(body: string): Region | null {
  const eu = REGIONS.find(({ value }) => value === 'eu')
  return eu !== undefined && body.includes(`"${eu.host}`) ? eu.value : null
}
