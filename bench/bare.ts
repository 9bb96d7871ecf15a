/** The least that keeps a message: bare fastify and one committed insert with fsync. It says {ready}. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fastify } from 'fastify'

const folder = mkdtempSync(join(tmpdir(), 'tributary-bench-bare-'))
const db = new DatabaseSync(join(folder, 'bare.db'))
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
db.exec('CREATE TABLE messages (n INTEGER PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL) STRICT')
const insert = db.prepare('INSERT INTO messages (at, body) VALUES (?, ?)')

const app = fastify()
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.post('/notifications', (request, reply) => {
  insert.run(Date.now(), request.body as Buffer)
  void reply.code(200).send('')
})
await app.listen({ host: '127.0.0.1', port: Number(process.env.BARE_PORT) })
process.once('SIGTERM', () => {
  db.close()
  rmSync(folder, { recursive: true, force: true })
  process.exit(0)
})
process.send?.({ ready: true })
