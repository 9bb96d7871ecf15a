import type { Destination, DestinationRequest } from '../../src/destinations/destination.ts'
import type { LifecycleEvent } from '../../src/domain/event.ts'
import type { Settings } from '../../src/domain/field.ts'
import { ENVIRONMENTS } from '../../src/domain/purchase.ts'
import { inSandbox } from './events.ts'
import { NOW, recordsOf, renderInput } from './render.ts'
import type { Golden, GoldenRequest } from './samples.ts'

/** The requests of one event in both environments and every money mode, as a golden file keeps them. */
export function goldenOf(
  destination: Destination,
  settings: Settings,
  moneyModes: Readonly<Record<string, Settings>>,
  event: LifecycleEvent,
): Golden {
  const requests: Record<string, GoldenRequest> = {}
  const differs: Record<string, Readonly<Record<string, unknown>>> = {}
  for (const environment of ENVIRONMENTS) {
    const sent = environment === 'sandbox' ? inSandbox(event) : event
    for (const [mode, changes] of Object.entries(moneyModes)) {
      const own = { ...settings, ...changes }
      const request = destination.request(recordsOf(destination, renderInput(destination, own, sent)), {
        settings: own,
        environment,
        nowMs: NOW,
      })
      const body: unknown = JSON.parse(request.body)
      const whole = requests[environment]
      if (whole === undefined) {
        const url = `${request.origin}${request.path}`
        requests[environment] = { method: request.method, url, headers: masked(destination, request), body }
      } else differs[`${environment}, ${mode}`] = difference(whole.body, body)
    }
  }
  return { requests, differs }
}

/** A request's headers with the values of the secret ones hidden. */
export function masked(destination: Destination, request: DestinationRequest): Record<string, string> {
  const secret = new Set(destination.secretHeaders.map((name) => name.toLowerCase()))
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, secret.has(name.toLowerCase()) ? '••••' : value]),
  )
}

/** Path → value in `to`, for every leaf that differs from `from`. */
function difference(from: unknown, to: unknown): Record<string, unknown> {
  const before = new Map(leaves(from, ''))
  const after = new Map(leaves(to, ''))
  const changed: Record<string, unknown> = {}
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    if (!after.has(path)) changed[path] = '(absent)'
    else if (!before.has(path) || before.get(path) !== after.get(path)) changed[path] = after.get(path)
  }
  return changed
}

function leaves(value: unknown, path: string): [string, unknown][] {
  if (value === null || typeof value !== 'object') return [[path, value]]
  const entries = Object.entries(value)
  if (entries.length === 0) return [[path, Array.isArray(value) ? '[]' : '{}']]
  return entries.flatMap(([key, inner]) => leaves(inner, `${path}/${key}`))
}
