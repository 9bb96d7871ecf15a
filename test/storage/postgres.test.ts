import { afterAll, beforeAll } from 'vitest'
import { openPostgres } from '../../src/storage/postgres/open.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { describeStorage } from './conformance.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(async () => {
  await cluster.stop()
})

describeStorage('postgres', async () => {
  const url = await cluster.createDatabase()
  let storage = await openPostgres({ url, migrate: true })
  return {
    storage,
    async reopen() {
      await storage.close()
      storage = await openPostgres({ url, migrate: false })
      return storage
    },
    async destroy() {
      await storage.close()
    },
  }
})
