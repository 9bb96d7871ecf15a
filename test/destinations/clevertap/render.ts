import { clevertap } from '../../../src/destinations/clevertap/index.ts'
import type { DestinationRecord, RenderInput } from '../../../src/destinations/destination.ts'
import type { LifecycleEvent } from '../../../src/domain/event.ts'
import type { Settings } from '../../../src/domain/field.ts'
import { withDefaults } from '../conformance.ts'
import { recordsOf, renderInput } from '../render.ts'

const ACCOUNT: Settings = { account_id: 'ACC-1', passcode: 'pass-1' }

export function settingsWith(changes: Settings = {}): Settings {
  return withDefaults(clevertap.fields, { ...ACCOUNT, ...changes })
}

export function inputFor(
  event: LifecycleEvent,
  settings: Settings = {},
  changes: Partial<RenderInput> = {},
): RenderInput {
  return renderInput(clevertap, settingsWith(settings), event, changes)
}

export function rendered(
  event: LifecycleEvent,
  settings: Settings = {},
  changes: Partial<RenderInput> = {},
): readonly DestinationRecord[] {
  return recordsOf(clevertap, inputFor(event, settings, changes))
}

type Properties = Readonly<Record<string, unknown>>

/** `evtData` of the event itself. */
export function dataOf(event: LifecycleEvent, settings: Settings = {}, changes: Partial<RenderInput> = {}): Properties {
  return propertiesOf(kindOf(rendered(event, settings, changes), 'event'))
}

export function kindOf(records: readonly DestinationRecord[], kind: string): DestinationRecord {
  const found = records.find((record) => record.kind === kind)
  if (found === undefined) throw new Error(`No ${kind} among ${records.map((record) => record.kind).join(', ')}`)
  return found
}

export function propertiesOf(record: DestinationRecord): Properties {
  return (record.body.evtData ?? record.body.profileData) as Properties
}

export function notesOf(event: LifecycleEvent, settings: Settings = {}, changes: Partial<RenderInput> = {}): string {
  const made = clevertap.records(inputFor(event, settings, changes))
  return made.kind === 'records' ? made.notes.join('\n') : `refused: ${made.reason}`
}

export function attributes(values: Readonly<Record<string, string>>): LifecycleEvent['attributes'] {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, updatedAt: 1 }]))
}
