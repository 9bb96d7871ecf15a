import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { pem } from '../app-store/certificates.ts'
import { bits, context, element, integer, nothing, oid, sequence, set, time, utf8 } from '../app-store/der.ts'

/** What SNS signs with: a certificate at an address that everybody can read, and its key. */
export interface SigningCertificate {
  readonly pem: string
  readonly privateKey: KeyObject
  /** The path under which Amazon serves it: its name is a hash of it here. */
  readonly path: string
}

export interface CertificateOptions {
  readonly from?: number
  readonly until?: number
  readonly bits?: number
}

const DAY = 86_400_000
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11'

/** Mints a certificate as Amazon's are shaped: RSA, a year, the name sns.amazonaws.com. Times in milliseconds. */
export function mintCertificate(options: CertificateOptions = {}, at = Date.now()): SigningCertificate {
  const keys = generateKeyPairSync('rsa', { modulusLength: options.bits ?? 2048 })
  const algorithm = sequence(oid(SHA256_WITH_RSA), nothing())
  const name = sequence(set(sequence(oid('2.5.4.3'), utf8('sns.amazonaws.com'))))
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    sequence(set(sequence(oid('2.5.4.3'), utf8('Stand-in SNS CA')))),
    sequence(time(options.from ?? at - 100 * DAY), time(options.until ?? at + 265 * DAY)),
    name,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    context(3, sequence(notAnAuthority())),
  )
  const certificate = sequence(body, algorithm, bits(sign('sha256', body, keys.privateKey)))
  const hash = createHash('sha256').update(certificate).digest('hex').slice(0, 32)
  return { pem: pem(certificate), privateKey: keys.privateKey, path: `/SimpleNotificationService-${hash}.pem` }
}

function notAnAuthority(): Buffer {
  return sequence(oid('2.5.29.19'), element(0x04, sequence()))
}
