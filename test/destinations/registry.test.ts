import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { destinationOf, destinations } from '../../src/destinations/registry.ts'

const at = (path: string): URL => new URL(`../../${path}`, import.meta.url)

describe('the registry of destinations', () => {
  it('lists Segment and CleverTap under their own ids', () => {
    expect([...destinations.keys()]).toEqual(['segment', 'clevertap'])
    for (const [id, destination] of destinations) {
      expect(destination.id).toBe(id)
      expect(destinationOf(id)).toBe(destination)
    }
    expect(destinationOf('toString')).toBeUndefined()
  })

  it('lists every folder, and each has its conformance test, its golden files and its page', () => {
    const folders = readdirSync(at('src/destinations/'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(folders.map(({ name }) => name).sort()).toEqual([...destinations.keys()].sort())
    for (const id of destinations.keys()) {
      for (const path of [`test/destinations/${id}/conformance.test.ts`, `docs/integrations/${id}.md`]) {
        expect(existsSync(at(path)), `${path} is missing`).toBe(true)
      }
      expect(readdirSync(at(`test/destinations/${id}/golden/`)).length, id).toBeGreaterThan(10)
    }
  })
})
