import { problemOf, silence } from './problem.ts'

/** Saves an answer of the hub as a file; a refusal is thrown as any other, which a plain link would save instead. */
export async function download(path: string, name: string): Promise<void> {
  const response = await fetch(path, { headers: { 'x-tributary-request': '1' } }).catch(() => {
    throw silence()
  })
  if (!response.ok) throw await problemOf(response)
  const address = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
