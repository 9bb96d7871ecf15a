import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import { describeStorage } from './conformance.ts'

describeStorage('embedded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-storage-'))
  let storage = await openEmbedded({ folder })
  return {
    storage,
    async reopen() {
      await storage.close()
      storage = await openEmbedded({ folder })
      return storage
    },
    async destroy() {
      await storage.close()
      await rm(folder, { recursive: true })
    },
  }
})
