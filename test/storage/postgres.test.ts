import { afterAll, beforeAll } from 'vitest'
import { openPostgres } from '../../src/storage/postgres/open.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { describeStorage } from './conformance.ts'
import { openSide, type Side } from './postgres-side.ts'

let cluster: Cluster
let url = ''
let side: Side
beforeAll(async () => {
  cluster = await startCluster()
  url = await cluster.createDatabase()
  const storage = await openPostgres({ url, migrate: true })
  await storage.close()
  side = await openSide(url)
})
afterAll(async () => {
  await side.close()
  await cluster.stop()
})

describeStorage('postgres', async () => {
  await side.reset()
  let storage = await openPostgres({ url, migrate: false })
  return {
    storage,
    async reopen() {
      await storage.close()
      storage = await openPostgres({ url, migrate: false })
      return storage
    },
    numbered: () => side.numbered(),
    destroy: () => storage.close(),
  }
})
