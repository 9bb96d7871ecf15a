import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** What Google signs push tokens with: a key pair and the set that publishes it. */
export interface GoogleSigner {
  readonly kid: string
  readonly privateKey: KeyObject
  /** As Google lists it at its JWKS address. */
  readonly jwk: Readonly<Record<string, unknown>>
}

export function mintGoogleSigner(): GoogleSigner {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = randomBytes(20).toString('hex')
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } }
}

export interface PushClaims {
  readonly audience: string
  readonly email: string
  /** When it was signed (milliseconds); it is good for an hour. */
  readonly at: number
}

/** The bearer token of a push (docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions). */
export function pushToken(signer: GoogleSigner, { audience, email, at }: PushClaims): string {
  const iat = Math.floor(at / 1_000)
  return jwt(
    { alg: 'RS256', kid: signer.kid, typ: 'JWT' },
    {
      aud: audience,
      azp: '113774264463038321964',
      email,
      email_verified: true,
      exp: iat + 3_600,
      iat,
      iss: 'https://accounts.google.com',
      sub: '113774264463038321964',
    },
    signer.privateKey,
  )
}

/** Any header and claims, really signed: what a stranger with the key could send, or without it. */
export function jwt(header: object, claims: object, key: KeyObject): string {
  const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${segment(header)}.${segment(claims)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

/** A service account with its key file, as Google Cloud lets one download it. */
export interface SimulatedAccount {
  readonly email: string
  readonly keyId: string
  readonly publicKey: KeyObject
  /** The text of the JSON file. */
  readonly json: string
}

export function mintServiceAccount(name = 'hub'): SimulatedAccount {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const email = `${name}@acme.iam.gserviceaccount.com`
  const keyId = randomBytes(20).toString('hex')
  const file = {
    type: 'service_account',
    project_id: 'acme',
    private_key_id: keyId,
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: email,
    client_id: '113774264463038321964',
    token_uri: 'https://oauth2.googleapis.com/token',
  }
  return { email, keyId, publicKey: createPublicKey(privateKey), json: JSON.stringify(file) }
}
