import { run } from './program.ts'

process.exitCode = await run(process.argv.slice(2))
// A command is over when it says so: what still holds the process after that has two seconds to let go.
setTimeout(() => process.exit(), 2_000).unref()
