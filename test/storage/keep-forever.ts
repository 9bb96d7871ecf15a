import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import { NOW, notification } from './samples.ts'

/** A process that keeps notifications from ten callers until it is killed, and says which are kept: one id a line. */
const [folder = '', from = '0'] = process.argv.slice(2)
const storage = await openEmbedded({ folder })
console.log('open')
let n = Number(from)
await Promise.all(
  Array.from({ length: 10 }, async () => {
    for (;;) {
      n += 1
      const row = notification(String(n), { receivedAt: NOW + n, body: Buffer.alloc(3_000, String(n)) })
      await storage.keepNotifications([row])
      console.log(row.sourceKey)
    }
  }),
)
