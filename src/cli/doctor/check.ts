/** What one look at the hub found. `fix` is one sentence for whoever reads it; null where nothing is to be done. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail'
  readonly name: string
  readonly text: string
  readonly fix: string | null
}

export function ok(name: string, text: string): Finding {
  return { level: 'ok', name, text, fix: null }
}

export function warn(name: string, text: string, fix: string): Finding {
  return { level: 'warn', name, text, fix }
}

export function fail(name: string, text: string, fix: string): Finding {
  return { level: 'fail', name, text, fix }
}

/** What a check threw is a finding too: one that cannot be made must not hide the others. */
export async function caught(name: string, work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await work()
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return [fail(name, text, 'Put this right, then run doctor again.')]
  }
}
