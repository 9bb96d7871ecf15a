import { Command } from 'commander'
import { z } from 'zod'
import { loadConfig } from '../config.ts'
import { CommandFailed } from './failure.ts'
import { apiAddress, dashboardAddress, openHubLink } from './hub-link.ts'
import { say } from './output.ts'

export function membersCommand(): Command {
  const command = new Command('members')
  command
    .command('list')
    .description('everybody who has an account on the hub that runs here')
    .option('--url <address>', 'a hub on another machine, which must have the same key')
    .action(async ({ url }: Flags) => {
      const { items } = await ask(url, '/api/accounts/list', {}, ACCOUNTS)
      for (const one of items) say(lineOf(one))
      if (items.length === 0) say('Nobody has an account yet; make a link for the first with tributary members link.')
    })
  command
    .command('link')
    .description('a link that signs in once; without --email, the link that makes the first account')
    .option('--email <address>', 'whose account it is for')
    .option('--url <address>', 'a hub on another machine, which must have the same key')
    .action(async ({ url, email }: Flags & { readonly email?: string }) => {
      const { kind, path } = await ask(url, '/api/accounts/link', email === undefined ? {} : { email }, LINK)
      const base = url ?? dashboardAddress(loadConfig(), runningAt())
      say(`${base}${path}`)
      say(
        kind === 'setup'
          ? 'Whoever opens it within 24 hours makes the account that owns the hub.'
          : `Whoever opens it within an hour comes in as ${email} and may set a new password; it works once.`,
      )
    })
  return command
}

interface Flags {
  readonly url?: string
}

const ACCOUNTS = z.object({
  items: z.array(
    z.object({
      email: z.string(),
      name: z.string(),
      hub_owner: z.boolean(),
      disabled: z.boolean(),
      last_seen_at: z.string().nullable(),
    }),
  ),
})
const LINK = z.object({ kind: z.enum(['setup', 'sign_in']), path: z.string() })
const PROBLEM = z.object({ detail: z.string() })

function lineOf(one: z.infer<typeof ACCOUNTS>['items'][number]): string {
  const marks = [one.hub_owner ? 'owns the hub' : '', one.disabled ? 'disabled' : ''].filter((mark) => mark !== '')
  const seen = one.last_seen_at === null ? 'never seen' : `seen ${one.last_seen_at}`
  return [one.email, one.name, ...marks, seen].join('  ')
}

/** Where the API is says where the dashboard is, unless a base URL was given. */
function runningAt() {
  const config = loadConfig()
  const address = apiAddress(config)
  return { address, adminAddress: config.admin === null ? null : address }
}

async function ask<T>(url: string | undefined, path: string, body: object, schema: z.ZodType<T>): Promise<T> {
  const config = loadConfig()
  const link = openHubLink(config, url ?? apiAddress(config), 20_000)
  try {
    const { status, json } = await link.post(path, JSON.stringify(body), 'application/json')
    if (status === 200) return schema.parse(json)
    const problem = PROBLEM.safeParse(json)
    throw new CommandFailed(problem.success ? problem.data.detail : `The hub answered ${status}; see its log.`)
  } finally {
    await link.close()
  }
}
