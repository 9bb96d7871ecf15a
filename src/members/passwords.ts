import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** How dear a password is made: N = 2^cost blocks of r × 128 bytes, p times over. */
export interface PasswordCost {
  readonly cost: number
  readonly blockSize: number
  readonly parallel: number
}

/**
 * N=2^15, r=8, p=3: one of the settings of equal strength that OWASP names, the one that takes the least memory, 32 MiB
 * a hash (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html). About 0.25 s on a server.
 */
const PASSWORD_COST: PasswordCost = { cost: 15, blockSize: 8, parallel: 3 }

/**
 * Two are worked out at once: at most 64 MiB, and half of the four threads that Node.js has for such work, so that files
 * and DNS are never kept waiting. As many wait as are done in about four seconds; whoever comes then is told to come again.
 */
const AT_ONCE = 2
const MOST_WAITING = 32

const SHORTEST = 12
/** Longer ones are not stronger, and nobody types them. */
const LONGEST = 200
const SALT_BYTES = 16
const HASH_BYTES = 32

export interface Passwords {
  /** As it is kept: parameters, salt and hash in one text. Throws Busy. */
  hash(password: string): Promise<string>
  /** `stored` null: as long as with one, and false. Throws Busy. */
  matches(password: string, stored: string | null): Promise<boolean>
}

/** More passwords wait than are worked out within seconds. */
export class Busy extends Error {
  override readonly name = 'Busy'
}

/** Why a password may not be one, in one sentence; null: it may. Length alone: https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver */
export function refusePassword(password: string): string | null {
  const length = [...password].length
  if (length < SHORTEST) return `has ${length} characters; take at least ${SHORTEST}, several words make a good one`
  if (length > LONGEST) return `has ${length} characters; take at most ${LONGEST}`
  return null
}

export function createPasswords(cost: PasswordCost = PASSWORD_COST): Passwords {
  const inLine = createLine()
  const hash = async (password: string): Promise<string> => {
    const salt = randomBytes(SALT_BYTES)
    const key = await inLine(() => derive(password, salt, cost))
    const { cost: n, blockSize, parallel } = cost
    return ['scrypt', n, blockSize, parallel, salt.toString('base64url'), key.toString('base64url')].join('$')
  }
  const nobody = Buffer.alloc(SALT_BYTES)
  return {
    hash,
    async matches(password, stored) {
      const known = stored === null ? null : parsed(stored)
      const { salt, key, at } = known ?? { salt: nobody, key: null, at: cost }
      const given = await inLine(() => derive(password, salt, at))
      return key !== null && key.length === given.length && timingSafeEqual(key, given)
    },
  }
}

function parsed(stored: string) {
  const match = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]+)\$([\w-]+)$/.exec(stored)
  if (match === null) return null
  const [, cost, blockSize, parallel, salt = '', key = ''] = match
  return {
    at: { cost: Number(cost), blockSize: Number(blockSize), parallel: Number(parallel) },
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  }
}

function derive(password: string, salt: Buffer, { cost, blockSize, parallel }: PasswordCost): Promise<Buffer> {
  const n = 2 ** cost
  const options = { N: n, r: blockSize, p: parallel, maxmem: 256 * n * blockSize }
  return new Promise((resolve, reject) => {
    // One text, however a keyboard composes its letters.
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}

function createLine(): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running >= AT_ONCE) {
      if (waiting.length >= MOST_WAITING)
        throw new Busy('Too many people sign in at this moment; try again in a few seconds.')
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running += 1
    try {
      return await work()
    } finally {
      // The place goes over to the next in line.
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
